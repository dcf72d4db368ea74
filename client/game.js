// One stay in the world: what it tells joined to what is known, without a picture.
//
// The views learn of changes through the listener and speak through `say`.

import { World } from "../sdk/world.js";
import { answerText, entriesFor } from "./entries.js";
import { Blows } from "./fights.js";
import { NOWHERE, reduce } from "./state.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("./state.js").State} State
 * @typedef {import("../sdk/command.js").Command} Command
 */

/**
 * @typedef {object} Listener
 * @property {(state: State, before: State) => void} changed
 * @property {(entry: Entry, state: State) => void} told a new line for the log, and what was known by then
 * @property {(letter: Command) => void} written a line was typed; its echo belongs into the log
 * @property {(letter: Command) => void} posted it went out and has an id now
 * @property {(letter: Command, stamp: import("../sdk/durability.js").Stamp | null, text: boolean) => void} answered
 *   by the stamp's tick, or never (`null`); `text` says whether the answer has words of its own
 * @property {(letter: Command, fault: import("./protocol.js").Fault) => void} refused it may be said again later
 * @property {() => void} entered a session has begun with the whole state of the world
 * @property {(letter: Command, ok: boolean) => void} done what was typed was done, or refused
 * @property {(status: import("../sdk/connection.js").Status) => void} status
 */

/** Lines that may wait without a connection: more are hardly meant when it is back. */
const WAITING_MAX = 16;

/** How long the blows of a tick are waited for, in milliseconds: they come together. */
const GATHER_MS = 60;

export class Game {
  /** @type {State} */ #state = NOWHERE;
  /** The tick that brought us into the room. */ #walkedIn = -1;
  #blows = new Blows();
  #around;
  #listener;
  #world;
  /** Lines that nobody typed. @type {WeakSet<Command>} */ #questions = new WeakSet();
  /** What is said where the world knows no such command. @type {WeakMap<Command, string>} */ #instead = new WeakMap();

  /**
   * @param {import("../sdk/connection.js").Surroundings} around
   * @param {import("../sdk/connection.js").Credentials} credentials
   * @param {Listener} listener
   */
  constructor(around, credentials, listener) {
    this.#listener = listener;
    this.#around = around;
    this.#world = new World("", { ...credentials, around, queue: WAITING_MAX });
    this.#world.frames.on((frame, letter) => this.#receive(frame, letter));
    this.#world.detail.on((status) => listener.status(status));
  }

  /** Enters, or tries again at once. */
  enter() {
    this.#world.open();
  }

  /**
   * From the next connection on, signs in with another token for the same character.
   * @param {string} token
   */
  signAs(token) {
    this.#world.signAs(token);
  }

  /** Leaves for good. */
  leave() {
    this.#blows.take();
    this.#world.close();
  }

  /**
   * Says one line to the world; without a connection it waits for the next one.
   * @param {string} line
   * @param {string} [orElse] said instead where the world knows no such command
   */
  say(line, orElse) {
    const letter = this.#world.do(line);
    if (letter.stage === "dropped") {
      this.#listener.told({ kind: "error", text: `${letter.fault?.message} This one was not kept.` }, this.#state);
      return;
    }
    if (orElse !== undefined) this.#instead.set(letter, orElse);
    this.#listener.written(letter);
    letter.sent.then(
      (id) => {
        if (id !== null) this.#listener.posted(letter);
        // Nothing will say what became of it, so it carries no mark.
        else this.#listener.answered(letter, { run: "", tick: 0 }, true);
      },
      () => {},
    );
  }

  /**
   * Asks the world something that nobody typed: neither the line nor its answer is in the log.
   * @param {string} line
   * @returns {Promise<any>} the answer's data, or `null`
   */
  ask(line) {
    const question = this.#world.do(line);
    this.#questions.add(question);
    return question.applied.then(
      ({ data }) => data ?? null,
      () => null,
    );
  }

  /**
   * @param {import("./protocol.js").Frame} frame
   * @param {Command | null} letter that it answers
   */
  #receive(frame, letter) {
    const before = this.#state;
    this.#state = reduce(before, frame);
    if (this.#state.room?.id !== before.room?.id) this.#walkedIn = frame.tick;
    const isStale = frame.event_type === "command_response" && !this.#settle(frame, letter);
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

  /**
   * @param {import("./protocol.js").Frame} frame a command_response
   * @param {Command | null} letter that it answers
   * @returns {boolean} false when there is nothing to tell: it was answered before, nobody typed
   *   it, or it is tried in other words
   */
  #settle(frame, letter) {
    const { data, tick } = frame;
    // Without an id nobody can say which line it was; whatever it says is news.
    if (letter === null) return !Number.isSafeInteger(data.id);
    if (this.#questions.has(letter)) return false;
    const orElse = this.#instead.get(letter);
    if (orElse !== undefined && isUnknown(data.error)) return this.#sayInstead(letter, orElse, tick);
    if (data.ok && data.repeated) return this.#tellRepeated(letter);
    const hasText = answerText(frame, this.#walkedIn) !== "";
    this.#listener.answered(letter, { run: this.#state.marks.run, tick }, hasText);
    if (data.error?.retry_after_ms) this.#listener.refused(letter, data.error);
    this.#listener.done(letter, data.ok);
    return true;
  }

  /**
   * It was done, but what the world said is gone, and when it said it.
   * @param {Command} letter
   */
  #tellRepeated(letter) {
    this.#listener.answered(letter, null, false);
    const text = `The world heard “${letter.line}”, but its answer was lost with the connection.`;
    this.#listener.told({ kind: "system", text }, this.#state);
    this.#listener.done(letter, true);
    return false;
  }

  /**
   * Words that were no command are said; the echo above stays theirs.
   * @param {Command} letter
   * @param {string} orElse
   * @param {number} tick
   */
  #sayInstead(letter, orElse, tick) {
    this.#listener.answered(letter, { run: this.#state.marks.run, tick }, true);
    this.#world.do(orElse);
    return false;
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
