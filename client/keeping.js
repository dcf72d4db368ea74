// When a guest is reminded that the character can be kept: when there is something to keep, and not again and again.

/** Lines after which there is a character to speak of. */
const LINES = 12;

/** @type {Readonly<Record<string, (name: string) => string>>} */
const WORDS = {
  lines: (name) => `You play as a guest, and only this browser knows ${name}.`,
  thing: (name) => `${name} has something to lose now, and is a guest whom only this browser knows.`,
  level: (name) => `${name} has learned something, and is a guest whom only this browser knows.`,
  return: (name) => `${name} is still a guest, whom only this browser knows.`,
};

export class Keeping {
  #offer;
  #name = "";
  #lines = 0;
  /** @type {Set<string>} */ #told = new Set();

  /** @param {(words: string, name: string) => void} offer */
  constructor(offer) {
    this.#offer = offer;
  }

  /** @param {import("./identity.js").Identity | null} identity whose stay begins, or who is no guest any more */
  begin(identity) {
    this.#name = identity?.isGuest ? identity.characterName : "";
    this.#lines = 0;
    this.#told.clear();
  }

  /** A line was said. */
  said() {
    this.#lines += 1;
    if (this.#lines === LINES) this.at("lines");
  }

  /** @param {"lines" | "thing" | "level" | "return"} moment */
  at(moment) {
    if (this.#name === "" || this.#told.has(moment)) return;
    this.#told.add(moment);
    this.#offer(WORDS[moment]?.(this.#name) ?? "", this.#name);
  }
}
