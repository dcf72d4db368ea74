// Small things this browser remembers by itself, as JSON under `kadath.NAME`.

export class Store {
  #storage;

  /**
   * Takes the way to the storage, not the storage: where it is forbidden, asking throws.
   * @param {() => Storage} storage
   */
  constructor(storage) {
    this.#storage = storage;
  }

  /**
   * What was kept under a name, or `null`. Whatever it is, somebody older may have written it.
   * @param {string} name
   * @returns {any}
   */
  read(name) {
    try {
      return JSON.parse(this.#storage().getItem(`kadath.${name}`) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value `null` forgets it
   */
  write(name, value) {
    try {
      if (value === null) this.#storage().removeItem(`kadath.${name}`);
      else this.#storage().setItem(`kadath.${name}`, JSON.stringify(value));
    } catch {
      // Forbidden or full; the game goes on without a memory.
    }
  }

  /**
   * Notes whose turn it is, so that what is kept of many does not grow without end.
   * @param {string} id
   * @param {number} most
   * @returns {string[]} those whose turn was longest ago, above `most`
   */
  visit(id, most) {
    const kept = this.read("visits");
    const before = (Array.isArray(kept) ? kept : []).filter((one) => typeof one === "string" && one !== id);
    const visits = [...before, id];
    this.write("visits", visits.slice(-most));
    return visits.slice(0, -most);
  }
}
