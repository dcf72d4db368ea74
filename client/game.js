// One stay in the world: state, outbox and wire joined, without a picture.
//
// The views learn of changes through the listener and speak through `say`.

import { Connection } from "./connection.js";
import { answerText, entriesFor } from "./entries.js";
import { Blows } from "./fights.js";
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
 * @property {(entry: Entry, state: State) => void} told a new line for the log, and what was known by then
 * @property {(letter: Letter) => void} written a line was typed; its echo belongs into the log
 * @property {(letter: Letter) => void} posted it went out and has an id now
 * @property {(letter: Letter, stamp: import("./durability.js").Stamp | null, text: boolean) => void} answered
 *   by the stamp's tick, or never (`null`); `text` says whether the answer has words of its own
 * @property {(letter: Letter, fault: import("./protocol.js").Fault) => void} refused it may be said again later
 * @property {() => void} entered a session has begun with the whole state of the world
 * @property {(letter: Letter, ok: boolean) => void} done what was typed was done, or refused
 * @property {(status: import("./connection.js").Status) => void} status
 */

/** How long the blows of a tick are waited for, in milliseconds: they come together. */
const GATHER_MS = 60;

export class Game {
  /** @type {State} */ #state = NOWHERE;
  #outbox = new Outbox();
  /** The tick that brought us into the room. */ #walkedIn = -1;
  #blows = new Blows();
  #around;
  #listener;
  #connection;

  /**
   * @param {import("./connection.js").Surroundings} around
   * @param {import("./connection.js").Credentials} credentials
   * @param {Listener} listener
   */
  constructor(around, credentials, listener) {
    this.#listener = listener;
    this.#around = around;
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
    this.#blows.take();
    this.#connection.close();
  }

  /**
   * Says one line to the world; without a connection it waits for the next one.
   * @param {string} line
   * @param {string} [orElse] said instead where the world knows no such command
   */
  say(line, orElse) {
    const letter = this.#outbox.write(line, orElse === undefined ? {} : { orElse });
    if (letter === null) {
      const text = "Too many lines wait for an answer; this one was not kept.";
      this.#listener.told({ kind: "error", text }, this.#state);
      return;
    }
    this.#listener.written(letter);
    this.#post();
  }

  /**
   * Asks the world something that nobody typed: neither the line nor its answer is in the log.
   * @param {string} line
   * @returns {Promise<any>} the answer's data, or `null`
   */
  ask(line) {
    return new Promise((heard) => {
      if (this.#outbox.write(line, { heard }) === null) heard(null);
      else this.#post();
    });
  }

  /** Somebody looks at the page again after a while. */
  wake() {
    this.#connection.wake();
  }

  /** @param {import("./protocol.js").Frame} frame */
  #receive(frame) {
    const before = this.#state;
    this.#state = reduce(before, frame);
    if (frame.event_type === "welcome") this.#reconcile(frame.data);
    if (this.#state.room?.id !== before.room?.id) this.#walkedIn = frame.tick;
    const isStale = frame.event_type === "command_response" && !this.#settle(frame);
    const entries = isStale ? [] : entriesFor(frame, before, this.#state, this.#walkedIn);
    for (const entry of entries) this.#tell(entry, frame);
    if (this.#state !== before) this.#listener.changed(this.#state, before);
    if (frame.event_type === "game_state") this.#listener.entered();
  }

  /**
   * The blows of a round come one by one, and are told as one.
   * @param {Entry} entry
   * @param {import("./protocol.js").Frame} frame
   */
  #tell(entry, frame) {
    if (entry.kind === "round" || !this.#blows.isOf(frame.tick)) this.#tellBlows();
    if (entry.kind === "fight") {
      this.#blows.add(entry.text, frame);
      this.#around.after(() => this.#tellBlows(), GATHER_MS);
    } else if (this.#blows.areHeld) this.#blows.follow(entry);
    else this.#listener.told(entry, this.#state);
  }

  #tellBlows() {
    for (const entry of this.#blows.take()) this.#listener.told(entry, this.#state);
  }

  /** @param {import("./protocol.js").Welcome} welcome */
  #reconcile(welcome) {
    const { resend, heard } = this.#outbox.reconcile(welcome);
    for (const letter of heard) {
      if (letter.heard !== undefined) {
        letter.heard(null);
        continue;
      }
      this.#listener.answered(letter, null, false);
      const text = `The world heard “${letter.line}”, but its answer was lost with the connection.`;
      this.#listener.told({ kind: "system", text }, this.#state);
    }
    for (const letter of resend) this.#send(letter);
    this.#post();
  }

  /**
   * @param {import("./protocol.js").Frame} frame a command_response
   * @returns {boolean} false when there is nothing to tell: it was answered before, nobody typed
   *   it, or it is tried in other words
   */
  #settle(frame) {
    const { data, tick } = frame;
    // Without an id nobody can say which line it was; whatever it says is news.
    if (data.id === null || data.id === undefined) return true;
    const letter = this.#outbox.answer(data.id);
    if (letter === null) return false;
    if (letter.heard !== undefined) {
      letter.heard(data.ok ? (data.data ?? null) : null);
      this.#post();
      return false;
    }
    if (letter.orElse !== undefined && isUnknown(data.error)) return this.#sayInstead(letter, frame);
    const hasText = answerText(frame, this.#walkedIn) !== "";
    this.#listener.answered(letter, { run: this.#state.marks.run, tick }, hasText);
    if (data.error?.retry_after_ms) this.#listener.refused(letter, data.error);
    this.#listener.done(letter, data.ok);
    this.#post();
    return true;
  }

  /**
   * Words that were no command are said; the echo above stays theirs.
   * @param {Letter} letter
   * @param {import("./protocol.js").Frame} frame
   */
  #sayInstead(letter, { tick }) {
    this.#listener.answered(letter, { run: this.#state.marks.run, tick }, true);
    const said = this.#outbox.write(letter.orElse ?? "");
    if (said !== null) this.#post();
    return false;
  }

  #post() {
    if (!this.#connection.isJoined) return;
    for (const letter of this.#outbox.post()) {
      if (letter.id !== null) this.#listener.posted(letter);
      else if (letter.heard !== undefined) {
        // Its answer could not be told from one that somebody waits for.
        letter.heard(null);
        continue;
      }
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

/**
 * Whether the world knows no such command. One that was only used wrongly must not be said aloud:
 * it may have been a whisper.
 * @param {{code?: string, message?: string} | undefined} fault
 */
function isUnknown(fault) {
  return fault?.code === "invalid_command" && fault.message?.startsWith("There is no command") === true;
}
