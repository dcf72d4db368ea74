// The sockets, timers and chance of the machine we run on.

import { PROTOCOL } from "./wire.js";

/** @typedef {new (url: string | URL, protocol: string) => any} SocketClass */

/**
 * Where the socket of a world is, by its page or by itself.
 * @param {string | URL} url
 */
export function socketUrl(url) {
  const address = new URL(url);
  if (!address.protocol.startsWith("http")) return address;
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  const socket = new URL("api/ws", address);
  socket.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return socket;
}

/**
 * @param {string | URL} url
 * @param {SocketClass} [socketClass] the platform's own, unless given
 * @returns {import("./connection.js").Surroundings}
 */
export function surroundings(url, socketClass = globalThis.WebSocket) {
  if (socketClass === undefined) {
    throw new TypeError("No WebSocket here: pass one as `WebSocket`, or use Node 22.");
  }
  const address = socketUrl(url);
  return {
    open: () => new socketClass(address, PROTOCOL),
    after(run, ms) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    chance: Math.random,
    now: Date.now,
    onWaking,
  };
}

/**
 * Calls back when the page is looked at again: a phone that slept does not know what its socket missed.
 * @param {() => void} wake
 */
function onWaking(wake) {
  if (typeof document === "undefined") return () => {};
  const looked = () => document.visibilityState === "visible" && wake();
  const shown = (/** @type {PageTransitionEvent} */ { persisted }) => persisted && wake();
  document.addEventListener("visibilitychange", looked);
  addEventListener("pageshow", shown);
  // The browser knows sooner than our timers that the network is back.
  addEventListener("online", wake);
  return () => {
    document.removeEventListener("visibilitychange", looked);
    removeEventListener("pageshow", shown);
    removeEventListener("online", wake);
  };
}
