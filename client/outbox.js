// Lines on their way to the world, and what may still have to be said again.
//
// A line gets its id when it first goes on the wire, not when it is typed: a newer session of
// the same character may have used higher ids meanwhile. Invariant: ids only rise, and an id
// once given never carries another line. Past the highest number that JSON can hold there are no
// ids any more: lines go out without one, and one that is lost on the way is not said again.

/**
 * `heard` takes the answer of a line that nobody typed, or `null` where there is none; `orElse` is
 * said where the world knows no such command.
 * @typedef {{line: string, id: number | null, heard?: (answer: any) => void, orElse?: string}} Letter
 */

/** Lines that may wait without a connection; as many as the server holds before sign-in. */
export const WAITING_MAX = 16;

/** Lines that may lack an answer; the server remembers the last 64 ids, beyond that a resend is refused. */
export const UNANSWERED_MAX = 64;

export class Outbox {
  /** @type {Letter[]} */ #waiting = [];
  /** @type {Letter[]} */ #unanswered = [];
  #nextId = 1;

  /**
   * Takes a line to be sent, or gives `null` when too many already wait.
   * @param {string} line
   * @param {Pick<Letter, "heard" | "orElse">} [more]
   * @returns {Letter | null}
   */
  write(line, more = {}) {
    if (this.#waiting.length >= WAITING_MAX) return null;
    /** @type {Letter} */
    const letter = { line, id: null, ...more };
    this.#waiting.push(letter);
    return letter;
  }

  /**
   * Numbers the waiting lines and hands them over for sending, oldest first.
   * @returns {Letter[]}
   */
  post() {
    const ready = this.#waiting.splice(0, UNANSWERED_MAX - this.#unanswered.length);
    for (const letter of ready) {
      if (!Number.isSafeInteger(this.#nextId)) continue;
      letter.id = this.#nextId;
      this.#nextId += 1;
      this.#unanswered.push(letter);
    }
    return ready;
  }

  /**
   * Squares our books with the world's after a welcome.
   *
   * `resend` never reached it and goes out again under the same ids. `heard` reached it, but in a
   * session that was not resumed its answers are gone, so we stop waiting for them.
   * @param {{resumed: boolean, last_command_id: number}} welcome
   * @returns {{resend: Letter[], heard: Letter[]}}
   */
  reconcile({ resumed, last_command_id: lastId }) {
    this.#nextId = Math.max(this.#nextId, lastId + 1);
    const resend = this.#unanswered.filter((letter) => (letter.id ?? 0) > lastId);
    if (resumed) return { resend, heard: [] };
    const heard = this.#unanswered.filter((letter) => (letter.id ?? 0) <= lastId);
    this.#unanswered = resend;
    return { resend: [...resend], heard };
  }

  /**
   * Crosses off the line with this id. `null` when it was answered before: the second outcome
   * of a resend is not news.
   * @param {number} id
   * @returns {Letter | null}
   */
  answer(id) {
    const index = this.#unanswered.findIndex((letter) => letter.id === id);
    if (index < 0) return null;
    return this.#unanswered.splice(index, 1)[0] ?? null;
  }
}
