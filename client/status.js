// What the wire is doing, in words.

import { byId, setText } from "./dom.js";

/** Why an ended stay ended, where the code alone says too little. */
const ENDED_TEXT = new Map([
  ["session_taken_over", "Played from another window."],
  ["slow_client", "The connection was too slow."],
]);

export class StatusLine {
  #line = byId("connection", HTMLElement);
  #retry = byId("retry", HTMLButtonElement);

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry.addEventListener("click", retry);
  }

  /** @param {import("../sdk/connection.js").Status} status */
  show(status) {
    this.#line.dataset.phase = status.phase;
    setText(this.#line, statusText(status));
    this.#retry.hidden = status.phase === "connecting" || status.phase === "joined";
    setText(this.#retry, status.phase === "ended" ? "Come back" : "Try now");
  }
}

/**
 * The pause is named once, not counted down: a screen reader would read out every second.
 * @param {import("../sdk/connection.js").Status} status
 */
export function statusText(status) {
  switch (status.phase) {
    case "connecting":
      return "Connecting…";
    case "joined":
      return "Connected";
    case "waiting":
      return `Connection lost. Trying again in ${Math.max(1, Math.round(status.delayMs / 1_000))} s`;
    case "ended":
      return ENDED_TEXT.get(status.code ?? "") ?? (status.message || "You have left the world.");
  }
}
