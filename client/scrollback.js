// What the log has said, as values: kept over reloads, searched, written out, mended by what was missed.

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {Entry & {at: number}} Line
 */

/** Lines kept: as many as are on the page. */
export const LINES_MAX = 500;

/** Letters kept over a reload; browsers grant a site some millions. */
const LETTERS_MAX = 300_000;

/** The pause after a line before all are written down, in milliseconds. */
const WRITE_AFTER_MS = 2_000;

/** Clocks that tell the same moment may differ by this, in milliseconds: frames count whole seconds. */
const SAME_MOMENT_MS = 2_000;

export class Scrollback {
  #store;
  #name = "";
  /** @type {Line[]} */ #lines = [];
  #since = Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** Oldest first. */
  get lines() {
    return this.#lines;
  }

  /** Since when lines were read, asked as a session begins; endless at first, for then nothing was missed. */
  readSince() {
    const since = this.#since;
    if (since === Infinity) this.#since = Date.now();
    return since;
  }

  /**
   * Goes on where a character left off in this browser.
   * @param {string} characterId
   */
  open(characterId) {
    this.close();
    this.#name = `log.${characterId}`;
    this.#lines = this.#kept(this.#name);
    this.#since = this.#lines[0]?.at ?? Infinity;
  }

  /**
   * When a character read the newest line that is kept; endless where none is.
   * @param {string} characterId
   */
  lastOf(characterId) {
    return this.#kept(`log.${characterId}`).at(-1)?.at ?? Infinity;
  }

  /**
   * @param {string} name
   * @returns {Line[]}
   */
  #kept(name) {
    const kept = this.#store.read(name);
    return (Array.isArray(kept) ? kept : []).filter(isLine);
  }

  /** Writes down what is not yet written, and holds nothing any more. */
  close() {
    this.save();
    this.#name = "";
    this.#lines = [];
  }

  /** Leaves nothing of this character in the browser. */
  forget() {
    if (this.#name !== "") this.#store.write(this.#name, null);
    this.#name = "";
    this.close();
  }

  /** @param {Line} line */
  add(line) {
    const { stamp, commandId, ...rest } = line;
    const after = this.#lines.findLastIndex(({ at }) => at <= line.at);
    this.#lines.splice(line.past === undefined ? this.#lines.length : after + 1, 0, rest);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
    this.#timer ??= setTimeout(() => this.save(), WRITE_AFTER_MS);
  }

  /**
   * Whether words were read when they were said. A mind in need reads others than were said, so who
   * said something on a channel at just this moment is known too.
   * @param {Line} told
   */
  knows({ past, text, at, sender, channel }) {
    const words = past ?? text;
    return this.#lines.some((line) => {
      if (sender !== undefined && line.sender === sender && line.channel === channel && line.at === at) return true;
      return (line.past ?? line.text) === words && Math.abs(line.at - at) <= SAME_MOMENT_MS;
    });
  }

  /** Writes the newest lines down now. */
  save() {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    let room = LETTERS_MAX;
    const first = this.#lines.findLastIndex(({ text, title = "" }) => (room -= text.length + title.length + 80) < 0);
    if (this.#name !== "") this.#store.write(this.#name, this.#lines.slice(first + 1));
  }
}

/**
 * @param {any} value
 * @returns {value is Line}
 */
function isLine(value) {
  return typeof value?.text === "string" && typeof value.kind === "string" && Number.isFinite(value.at);
}

/**
 * Lines as a file for people.
 * @param {Line[]} lines
 */
export function asText(lines) {
  return lines.map(({ at, kind, title, text }) => `[${moment(at)}] ${title ? `${title}\n` : ""}${kind === "echo" ? "> " : ""}${text}\n`).join("");
}

/** @param {number} at */
function moment(at) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = new Date(at);
  const date = [day.getFullYear(), two(day.getMonth() + 1), two(day.getDate())].join("-");
  return `${date} ${clockTime(at)}`;
}

/**
 * Hour and minute where the reader is.
 * @param {number} at
 */
export function clockTime(at) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = new Date(at);
  return `${two(day.getHours())}:${two(day.getMinutes())}`;
}
