// One stay in the world: state, outbox and wire joined, without a picture.
//
// The views learn of changes through the listener and speak through `say`.

import { Connection } from "./connection.js";
import { answerText, entriesFor } from "./entries.js";
import { Outbox } from "./outbox.js";
import { NOWHERE, reduce } from "./state.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("./state.js").State} State
 * @typedef {import("./outbox.js").Letter} Letter
 */

/**
 * @typedef {object} Listener
 * @property {(state: State, before: State) => void} changed
 * @property {(entry: Entry) => void} told a new line for the log
 * @property {(letter: Letter) => void} written a line was typed; its echo belongs into the log
 * @property {(letter: Letter) => void} posted it went out and has an id now
 * @property {(letter: Letter, stamp: import("./durability.js").Stamp | null, text: boolean) => void} answered
 *   by the stamp's tick, or never (`null`); `text` says whether the answer has words of its own
 * @property {(letter: Letter, fault: import("./protocol.js").Fault) => void} refused it may be said again later
 * @property {(status: import("./connection.js").Status) => void} status
 */

export class Game {
  /** @type {State} */ #state = NOWHERE;
  #outbox = new Outbox();
  /** The tick that brought us into the room. */ #walkedIn = -1;
  #listener;
  #connection;

  /**
   * @param {import("./connection.js").Surroundings} around
   * @param {import("./connection.js").Credentials} credentials
   * @param {Listener} listener
   */
  constructor(around, credentials, listener) {
    this.#listener = listener;
    this.#connection = new Connection(around, credentials, {
      frame: (frame) => this.#receive(frame),
      status: (status) => listener.status(status),
    });
  }

  /** Enters, or tries again at once. */
  enter() {
    this.#connection.open();
  }

  /**
   * From the next connection on, signs in with another token for the same character.
   * @param {string} token
   */
  signAs(token) {
    this.#connection.signAs(token);
  }

  /**
   * Enters again with another token for the same character.
   * @param {string} token
   */
  enterAs(token) {
    this.signAs(token);
    this.enter();
  }

  /** Leaves for good. */
  leave() {
    this.#connection.close();
  }

  /**
   * Says one line to the world; without a connection it waits for the next one.
   * @param {string} line
   */
  say(line) {
    const letter = this.#outbox.write(line);
    if (letter === null) {
      this.#listener.told({ kind: "error", text: "Too many lines wait for an answer; this one was not kept." });
      return;
    }
    this.#listener.written(letter);
    this.#post();
  }

  /** @param {import("./protocol.js").Frame} frame */
  #receive(frame) {
    const before = this.#state;
    this.#state = reduce(before, frame);
    if (frame.event_type === "welcome") this.#reconcile(frame.data);
    if (this.#state.room?.id !== before.room?.id) this.#walkedIn = frame.tick;
    const isStale = frame.event_type === "command_response" && !this.#settle(frame);
    const entries = isStale ? [] : entriesFor(frame, before, this.#state, this.#walkedIn);
    for (const entry of entries) this.#listener.told(entry);
    if (this.#state !== before) this.#listener.changed(this.#state, before);
  }

  /** @param {import("./protocol.js").Welcome} welcome */
  #reconcile(welcome) {
    const { resend, heard } = this.#outbox.reconcile(welcome);
    for (const letter of heard) {
      this.#listener.answered(letter, null, false);
      const text = `The world heard “${letter.line}”, but its answer was lost with the connection.`;
      this.#listener.told({ kind: "system", text });
    }
    for (const letter of resend) this.#send(letter);
    this.#post();
  }

  /**
   * @param {import("./protocol.js").Frame} frame a command_response
   * @returns {boolean} false when this command was answered before
   */
  #settle(frame) {
    const { data, tick } = frame;
    // Without an id nobody can say which line it was; whatever it says is news.
    if (data.id === null || data.id === undefined) return true;
    const letter = this.#outbox.answer(data.id);
    if (letter === null) return false;
    const hasText = answerText(frame, this.#walkedIn) !== "";
    this.#listener.answered(letter, { run: this.#state.marks.run, tick }, hasText);
    if (data.error?.retry_after_ms) this.#listener.refused(letter, data.error);
    this.#post();
    return true;
  }

  #post() {
    if (!this.#connection.isJoined) return;
    for (const letter of this.#outbox.post()) {
      if (letter.id !== null) this.#listener.posted(letter);
      this.#send(letter);
      // Nothing will say what became of it, so it carries no mark.
      if (letter.id === null) this.#listener.answered(letter, { run: "", tick: 0 }, true);
    }
  }

  /** @param {Letter} letter */
  #send({ id, line }) {
    this.#connection.send({ type: "command", id: id ?? undefined, data: { line } });
  }
}
