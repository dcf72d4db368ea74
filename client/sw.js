// Keeps the shell of the page, so that it opens without a network: the page itself and the files
// under its digest. Nothing that anybody says or is goes through here.

/** The files of one page share a digest in their addresses. */
const DIGEST = /client\/[0-9a-f]{16}\//;

/** Each file as the page names it. */
const FILES = /client\/[0-9a-f]{16}\/[\w.]+/g;

/** @type {any} The worker's own scope; the types of a page do not know it. */
const worker = self;

/** Several games of one origin keep theirs apart. */
const SHELL = `kadath-shell ${worker.registration.scope}`;

worker.addEventListener("install", (/** @type {any} */ event) => {
  worker.skipWaiting();
  event.waitUntil(fetchShell());
});
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(worker.registration.scope)) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (DIGEST.test(request.url)) event.respondWith(file(request));
});

/** The first visit was over before this worker was there. */
async function fetchShell() {
  const home = worker.registration.scope;
  const shell = await caches.open(SHELL);
  const answer = await fetch(home);
  if (!answer.ok) return;
  const files = (await answer.clone().text()).match(FILES) ?? [];
  await keep(shell, home, answer);
  await Promise.allSettled([...new Set(files)].map((path) => shell.add(new URL(path, home).href)));
}

/**
 * The page of today, or that of the last visit.
 * @param {Request} request
 */
async function page(request) {
  const shell = await caches.open(SHELL);
  const home = worker.registration.scope;
  try {
    const answer = await fetch(request);
    // A server that is about to come up or go down says so with one of these.
    if (answer.status >= 500) return (await shell.match(home)) ?? answer;
    if (answer.ok && request.url.split(/[?#]/)[0] === home) await keep(shell, home, answer.clone());
    return answer;
  } catch (fault) {
    const kept = await shell.match(home);
    if (kept === undefined) throw fault;
    return kept;
  }
}

/**
 * Keeps a page and lets the files of another one go.
 * @param {Cache} shell
 * @param {string} home
 * @param {Response} answer
 */
async function keep(shell, home, answer) {
  const digest = DIGEST.exec(await answer.clone().text())?.[0];
  // Not a page of this game.
  if (digest === undefined) return;
  await shell.put(home, answer);
  for (const { url } of await shell.keys()) {
    if (DIGEST.test(url) && !url.includes(digest)) await shell.delete(url);
  }
}

/**
 * A file never changes under its address.
 * @param {Request} request
 */
async function file(request) {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await shell.put(request, answer.clone());
  return answer;
}
