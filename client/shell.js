// The page as something to install and come back to.

/** Lets the browser keep the page itself; over plain HTTP from elsewhere it may not. */
export function keepShell() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("client/sw.js", { scope: "./" }).catch(() => {});
}
