// Lines that have no answer yet, kept by the browser over a reload.

const STORE = "lines";

/**
 * Keeps them in IndexedDB. One character needs one name, and one window at a time.
 * @param {string} name
 * @returns {import("./world.js").Keep}
 */
export function keptIn(name) {
  /** @type {Promise<IDBDatabase> | null} */
  let opened = null;
  const database = () =>
    (opened ??= asked(() => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      return request;
    }));
  return {
    load: async () => {
      const store = (await database()).transaction(STORE).objectStore(STORE);
      return (await asked(() => store.get(STORE))) ?? [];
    },
    save: async (lines) => {
      const transaction = (await database()).transaction(STORE, "readwrite");
      transaction.objectStore(STORE).put(lines, STORE);
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
    },
  };
}

/**
 * @template T
 * @param {() => IDBRequest<T>} ask
 * @returns {Promise<T>}
 */
function asked(ask) {
  return new Promise((resolve, reject) => {
    const request = ask();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
