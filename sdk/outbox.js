// Lines on their way to the world, and what may still have to be said again.
//
// A line gets its number when it first goes out, not when it is given: a newer session of the same
// character may have used higher ones meanwhile. Numbers only rise, and one that was given never
// carries another line. They begin at the server's clock, so that two windows that play the same
// character one after the other do not use each other's. Past the highest number that JSON can
// hold there are none any more: lines go out without one, and one that is lost is not said again.

import { Command } from "./command.js";

/** Lines that may lack an answer; the server remembers the last 64 numbers, beyond that a resend is refused. */
export const UNANSWERED_MAX = 64;

/** Lines that go out at once, and in how many milliseconds; the server takes ten that come in within a second. */
export const BURST = 8;
export const BURST_MS = 1_250;

/**
 * A line as it is kept over a reload of the page.
 * @typedef {{line: string, id: number | null, until: number | null, again: boolean}} KeptLine
 */

/** @typedef {import("./command.js").Refusal} Refusal */

export class Outbox {
  /** @type {Command[]} */ #waiting = [];
  /** @type {Command[]} */ #unanswered = [];
  /** When the last lines went out, oldest first. @type {number[]} */ #paces = [];
  #nextId = 1;
  #waitingMax;
  #dropped;

  /**
   * @param {number} waitingMax lines that may wait
   * @param {(command: Command) => void} dropped hears of each that will not go out
   */
  constructor(waitingMax, dropped) {
    this.#waitingMax = waitingMax;
    this.#dropped = dropped;
  }

  /** Whether there is nothing to send or to hear of. */
  get isEmpty() {
    return this.#waiting.length + this.#unanswered.length === 0;
  }

  /**
   * Takes a line to be sent; drops it when too many already wait.
   * @param {Command} command
   */
  write(command) {
    if (this.#waiting.length >= this.#waitingMax) this.#drop(command, "queue_full");
    else this.#waiting.push(command);
  }

  /**
   * Hands over what is to be sent now, oldest first: what must be said again, then what waits, which
   * gets its number. What is too late or not wanted any more is dropped, if it is certain that the
   * world has not heard it.
   * @param {number} now
   * @returns {Command[]}
   */
  post(now) {
    const ready = [];
    for (;;) {
      const command = this.#next;
      if (command === undefined || this.pause(now) > 0) return ready;
      const reason = command.isUnheard ? outdated(command, now) : null;
      if (reason !== null) {
        this.#remove(command);
        this.#drop(command, reason);
        continue;
      }
      this.#paces.push(now);
      this.pace(0, now);
      command.isOut = true;
      if (command.id === null) this.#number(command);
      ready.push(command);
    }
  }

  /**
   * As many lines as were handed over last have gone out only now.
   * @param {number} count
   * @param {number} now
   */
  pace(count, now) {
    this.#paces = [...this.#paces.slice(0, this.#paces.length - count), ...Array(count).fill(now)].slice(-BURST);
  }

  /** What is to be sent next. */
  get #next() {
    const again = this.#unanswered.find(({ isOut }) => !isOut);
    return again ?? (this.#unanswered.length < UNANSWERED_MAX ? this.#waiting[0] : undefined);
  }

  /** @param {Command} command the first that waits */
  #number(command) {
    this.#waiting.shift();
    command.isUnheard = false;
    if (!Number.isSafeInteger(this.#nextId)) {
      command.send(null);
      // Its answer, when it comes, can't be told from another's.
      command.end("unknown");
      return;
    }
    command.send(this.#nextId);
    this.#nextId += 1;
    this.#unanswered.push(command);
  }

  /**
   * How long the next line must wait for its turn, in milliseconds; 0 if it need not, or if what it
   * waits for is no clock.
   * @param {number} now
   */
  pause(now) {
    const oldest = this.#paces[0];
    if (this.#next === undefined || this.#paces.length < BURST || oldest === undefined) return 0;
    return Math.max(0, oldest + BURST_MS - now);
  }

  /**
   * Squares our books with the world's after a welcome: all that has no answer is to be sent again.
   * What was heard before is only answered again, and an answer that comes twice is passed over.
   * @param {{resumed: boolean, last_command_id: number}} welcome `resumed`: lines that the world has
   *   and has not come to yet are still to be done
   * @param {number} [begin] where numbers begin, of a server that says what time it is
   */
  reconcile({ resumed, last_command_id: lastId }, begin = 0) {
    this.#nextId = Math.max(this.#nextId, lastId + 1, resumed ? 0 : begin);
    for (const command of this.#unanswered) {
      command.isOut = false;
      command.isUnheard = !resumed && (command.id ?? 0) > lastId;
    }
    for (const command of [...this.#unanswered, ...this.#waiting]) command.isLate = true;
  }

  /**
   * Takes back what was applied once, to be sent again under its number.
   * @param {Command} command
   */
  redo(command) {
    this.#unanswered = [...this.#unanswered, command].sort((a, b) => (a.id ?? 0) - (b.id ?? 0));
  }

  /**
   * Crosses off the line with this number. `null` when it was answered before: the second outcome
   * of a resend is not news.
   * @param {number | null} id
   * @returns {Command | null}
   */
  answer(id) {
    const command = id === null ? undefined : this.#unanswered.find((one) => one.id === id);
    if (command !== undefined) this.#remove(command);
    return command ?? null;
  }

  /** Drops everything: nobody will ask any more. */
  clear() {
    const all = [...this.#unanswered.splice(0), ...this.#waiting.splice(0)];
    for (const command of all) {
      if (command.stage !== "waiting") {
        command.end("unknown");
        this.#dropped(command);
      } else this.#drop(command, "closed");
    }
  }

  get kept() {
    return keptLines([...this.#unanswered, ...this.#waiting]);
  }

  /**
   * Takes up what was kept. A page that was there a moment ago may have sent as much as it could.
   * @param {KeptLine[]} lines
   * @param {number} now
   * @param {((command: Command) => boolean)} [veto]
   * @returns {Command[]}
   */
  restore(lines, now, veto) {
    this.#paces = Array(BURST).fill(now);
    const commands = lines.map(({ line, id, until, again }) => {
      const command = new Command(line, until ?? Infinity, { again, ...(veto && { veto }) });
      command.isLate = true;
      if (id !== null) {
        command.send(id);
        this.#nextId = Math.max(this.#nextId, id + 1);
      }
      return command;
    });
    this.#unanswered.unshift(...commands.filter(({ id }) => id !== null));
    this.#waiting.unshift(...commands.filter(({ id }) => id === null));
    return commands;
  }

  /** @param {Command} command */
  #remove(command) {
    this.#waiting = this.#waiting.filter((one) => one !== command);
    this.#unanswered = this.#unanswered.filter((one) => one !== command);
  }

  /**
   * @param {Command} command
   * @param {string} code
   */
  #drop(command, code) {
    command.drop(code);
    this.#dropped(command);
  }
}

/**
 * @param {Command[]} commands
 * @returns {KeptLine[]}
 */
export function keptLines(commands) {
  return commands.map(({ line, id, until, again }) => ({ line, id, until: Number.isFinite(until) ? until : null, again }));
}

/**
 * @param {Command} command
 * @param {number} now
 */
function outdated(command, now) {
  if (now >= command.until) return "expired";
  return command.isLate && command.veto?.(command) ? "vetoed" : null;
}
