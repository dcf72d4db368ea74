// The lines typed before, walked through with the arrow keys like in a shell.

/** Lines kept; more than one sitting's worth of looking back. */
const LINES_MAX = 100;

export class History {
  /** @type {string[]} */ #lines = [];
  /** Index shown; equal to the length when it is the player's own draft. */
  #at = 0;
  #draft = "";

  /** The lines, oldest first. */
  get lines() {
    return this.#lines;
  }

  /**
   * Goes on with lines of an earlier visit.
   * @param {unknown} lines
   */
  restore(lines) {
    const kept = Array.isArray(lines) ? lines.filter((line) => typeof line === "string") : [];
    this.#lines = kept.slice(-LINES_MAX);
    this.reset();
  }

  /**
   * Remembers a line, once if it repeats the one before, and goes back to an empty draft.
   * @param {string} line
   */
  add(line) {
    if (line !== this.#lines.at(-1)) this.#lines.push(line);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
    this.reset();
  }

  /** Leaves the history and forgets the draft. */
  reset() {
    this.#at = this.#lines.length;
    this.#draft = "";
  }

  /**
   * The line before the one shown; `shown` is kept as the draft on the first step.
   * @param {string} shown
   */
  older(shown) {
    if (this.#at === this.#lines.length) this.#draft = shown;
    this.#at = Math.max(this.#at - 1, 0);
    return this.#lines[this.#at] ?? shown;
  }

  /**
   * The line after the one shown; past the newest it is the draft.
   * @param {string} shown
   */
  newer(shown) {
    if (this.#at === this.#lines.length) return shown;
    this.#at += 1;
    return this.#lines[this.#at] ?? this.#draft;
  }
}
