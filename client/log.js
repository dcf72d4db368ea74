// The log on the page: bounded, kept at its end while the reader is there, marks included.

import { standing } from "../sdk/durability.js";
import { byId, make } from "./dom.js";
import { entryElement, setMark } from "./entryview.js";
import { LINES_MAX } from "./scrollback.js";
import { span } from "./words.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("../sdk/durability.js").Stamp} Stamp
 * @typedef {import("../sdk/durability.js").Marks} Marks
 * @typedef {import("./scrollback.js").Line} Line
 */

/** How near to the end, in CSS pixels, still counts as reading the end. */
const END_WITHIN_PX = 48;

/** Entries whose words the Tab key stops at; those above can still be clicked. */
const REACHED = 8;

/** So that the next line stands alone. */
const NOTHING_SAID = { said: "", times: 0, element: null };

/** Who was away for less than this is not told so, in milliseconds. */
const AWAY_MS = 60_000;

export class Log {
  #root = byId("log", HTMLElement);
  #newer = byId("newer", HTMLButtonElement);
  #scrollback;
  /** @type {import("./nouns.js").Splitter | null} */ #split = null;
  /** Answers whose fate is open. @type {Map<HTMLElement, Stamp>} */ #open = new Map();
  /** @type {WeakMap<object, HTMLElement>} */ #echoes = new WeakMap();
  /** What was said last, how often in a row, and where it stands. @type {{said: string, times: number, element: HTMLElement | null}} */
  #repeat = NOTHING_SAID;

  /** @param {import("./scrollback.js").Scrollback} scrollback */
  constructor(scrollback) {
    this.#scrollback = scrollback;
    this.#root.addEventListener("scroll", () => {
      if (this.#isAtEnd()) this.#newer.hidden = true;
    });
    this.#newer.addEventListener("click", () => this.#toEnd());
    // A keyboard on a phone, or a resized window, must not leave the reader in the past.
    new ResizeObserver(() => {
      if (this.#newer.hidden) this.#toEnd();
    }).observe(this.#root);
  }

  /** Nobody is here any more who might read it. */
  forget() {
    this.#root.replaceChildren();
    this.#open.clear();
    this.#repeat = NOTHING_SAID;
  }

  /** Empties the page for another character, and shows what that one has read before. */
  begin() {
    this.forget();
    this.#split = null;
    const earlier = this.#scrollback.lines;
    this.#root.append(...earlier.map((line) => entryElement(line, null)));
    for (const element of this.#root.children) element.classList.add("earlier");
    const away = Date.now() - (earlier.at(-1)?.at ?? Infinity);
    if (away > AWAY_MS) this.#append({ kind: "rule", text: `You were away for ${span(away)}.`, at: Date.now() });
    this.#toEnd();
  }

  /**
   * Shows all, or what was said under one tab.
   * @param {import("./channels.js").Tab} tab
   */
  show(tab) {
    this.#root.dataset.filter = tab;
    this.#toEnd();
  }

  /**
   * What can be pressed in the lines to come.
   * @param {import("./nouns.js").Splitter} split
   */
  link(split) {
    this.#split = split;
  }

  /**
   * @param {Entry} entry
   * @param {Marks} marks
   */
  add(entry, marks) {
    const line = { ...entry, at: entry.at ?? Date.now() };
    if (line.past !== undefined && this.#scrollback.knows(line)) return;
    if (this.#isRepeat(line)) return;
    const element = this.#append(line);
    if (!line.stamp) this.#repeat.element = element;
    if (line.kind !== "rule") this.#scrollback.add(line);
    if (entry.commandId !== undefined) element.dataset.commandId = String(entry.commandId);
    if (entry.stamp) this.#stamp(element, entry.stamp, marks);
    // A mark may have begun a line of its own.
    if (this.#newer.hidden) this.#toEnd();
  }

  /**
   * Puts lines that were said before where they belong, unless they were read when they were said.
   * @param {(Line & {past: string})[]} lines
   * @returns {number} how many were missing
   */
  mend(lines) {
    const missing = lines.filter((line) => !this.#scrollback.knows(line));
    for (const line of missing) {
      this.#scrollback.add(line);
      const element = entryElement(line, this.#split);
      element.classList.add("earlier");
      const entries = /** @type {HTMLElement[]} */ ([...this.#root.children]);
      const before = entries.findLast(({ dataset }) => Number(dataset.at) <= line.at);
      if (before === undefined) this.#root.prepend(element);
      else before.after(element);
    }
    while (this.#root.childElementCount > LINES_MAX) this.#forgetOldest();
    if (this.#newer.hidden) this.#toEnd();
    return missing.length;
  }

  /**
   * Says something that a button answers at once.
   * @param {string} text
   * @param {string} label of the button
   * @param {() => void} act
   */
  offer(text, label, act) {
    const button = make("button", "offer", label);
    button.type = "button";
    button.addEventListener("click", act);
    this.#append({ kind: "system", text, at: Date.now() }, button);
  }

  /**
   * What is said again and again is counted, not repeated. Answers stand alone: each has its mark.
   * @param {Line} line
   */
  #isRepeat({ kind, text, title, stamp }) {
    const said = `${kind} ${title ?? ""} ${text}`;
    const { element } = this.#repeat;
    if (stamp || said !== this.#repeat.said || !element?.isConnected) {
      this.#repeat = { said: stamp ? "" : said, times: 1, element: null };
      return false;
    }
    this.#repeat.times += 1;
    element.querySelector(".times")?.remove();
    element.querySelector(".entry-text")?.append(make("span", "times", ` (${this.#repeat.times} times)`));
    if (this.#newer.hidden) this.#toEnd();
    return true;
  }

  /**
   * Shows a line the player sent; `letter` is how later calls name it.
   * @param {import("../sdk/command.js").Command} letter
   */
  addEcho(letter) {
    this.#repeat = NOTHING_SAID;
    /** @type {Line} */
    const line = { kind: "echo", text: letter.line, at: Date.now() };
    const element = this.#append(line);
    this.#scrollback.add(line);
    this.#echoes.set(letter, element);
    setMark(element, "sent");
    this.#toEnd();
  }

  /** @param {import("../sdk/command.js").Command} letter */
  numberEcho(letter) {
    const element = this.#echoes.get(letter);
    if (element) element.dataset.commandId = String(letter.id);
  }

  /**
   * The answer has come. One with words carries the mark itself; else the echo does.
   * @param {import("../sdk/command.js").Command} letter
   * @param {Stamp | null} stamp
   * @param {boolean} hasText
   * @param {Marks} marks
   */
  settleEcho(letter, stamp, hasText, marks) {
    const element = this.#echoes.get(letter);
    if (!element) return;
    if (stamp === null) setMark(element, "unknown");
    else if (hasText) setMark(element, null);
    else this.#stamp(element, stamp, marks);
  }

  /**
   * Looks again at every open answer.
   * @param {Marks} marks
   * @returns {number} answers that turned out to be lost
   */
  settle(marks) {
    let lost = 0;
    for (const [element, stamp] of this.#open) {
      if (this.#stamp(element, stamp, marks) === "lost") lost += 1;
    }
    return lost;
  }

  /**
   * @param {HTMLElement} element
   * @param {Stamp} stamp
   * @param {Marks} marks
   */
  #stamp(element, stamp, marks) {
    const now = standing(stamp, marks);
    if (now === "applied") this.#open.set(element, stamp);
    else this.#open.delete(element);
    setMark(element, now);
    return now;
  }

  /**
   * @param {Line} line
   * @param {Element[]} more what stands below the text
   */
  #append(line, ...more) {
    const follow = this.#isAtEnd();
    const element = entryElement(line, this.#split, ...more);
    this.#root.append(element);
    const passed = this.#root.children[this.#root.childElementCount - 1 - REACHED];
    for (const noun of passed?.querySelectorAll(".noun") ?? []) noun.setAttribute("tabindex", "-1");
    while (this.#root.childElementCount > LINES_MAX) this.#forgetOldest();
    if (follow) this.#toEnd();
    else this.#newer.hidden = false;
    return element;
  }

  #forgetOldest() {
    const oldest = this.#root.firstElementChild;
    if (oldest instanceof HTMLElement) this.#open.delete(oldest);
    oldest?.remove();
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#root;
    return scrollHeight - scrollTop - clientHeight < END_WITHIN_PX;
  }

  #toEnd() {
    this.#root.scrollTop = this.#root.scrollHeight;
    this.#newer.hidden = true;
  }
}
