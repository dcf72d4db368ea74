// The browser around the page: its sockets and clock, and the page as something to install and come back to.

import { PROTOCOL } from "./protocol.js";

/** @type {import("./connection.js").Surroundings} */
export const browser = {
  open() {
    const url = new URL("api/ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url, PROTOCOL);
  },
  after(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};

/** Lets the browser keep the page itself; over plain HTTP from elsewhere it may not. */
export function keepShell() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("client/sw.js", { scope: "./" }).catch(() => {});
}

/**
 * Calls back when the page is looked at again: a phone that slept does not know what its socket missed.
 * @param {() => void} wake
 */
export function onWaking(wake) {
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") wake();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) wake();
  });
  // The browser knows sooner than our timers that the network is back.
  addEventListener("online", wake);
}
