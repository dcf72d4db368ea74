// The log on the page: bounded, kept at its end while the reader is there, marks included.

import { columnsIn } from "./columns.js";
import { standing } from "./durability.js";
import { byId, make } from "./dom.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("./durability.js").Stamp} Stamp
 * @typedef {import("./durability.js").Marks} Marks
 */

/** Entries on the page; about an hour of lively talk. */
const ENTRIES_MAX = 500;

/** How near to the end, in CSS pixels, still counts as reading the end. */
const END_WITHIN_PX = 48;

/** What a mark says in words. A durable answer carries none. */
const MARK_TEXT = {
  sent: "sent, not yet answered",
  applied: "applied, not yet saved",
  lost: "undone: not saved before the server stopped",
  unknown: "answer unknown",
};

/** Words before a line, for readers who cannot see its colour. */
const SPOKEN_KIND = new Map([["echo", "You typed: "]]);

export class Log {
  #root = byId("log", HTMLElement);
  #newer = byId("newer", HTMLButtonElement);
  /** Answers whose fate is open. @type {Map<HTMLElement, Stamp>} */ #open = new Map();
  /** @type {WeakMap<object, HTMLElement>} */ #echoes = new WeakMap();
  /** The newest entry, and how often it was said in a row. */
  #repeat = { said: "", times: 0 };

  constructor() {
    this.#root.addEventListener("scroll", () => {
      if (this.#isAtEnd()) this.#newer.hidden = true;
    });
    this.#newer.addEventListener("click", () => this.#toEnd());
    // A keyboard on a phone, or a resized window, must not leave the reader in the past.
    new ResizeObserver(() => {
      if (this.#newer.hidden) this.#toEnd();
    }).observe(this.#root);
  }

  /** Empties the page for another character. */
  clear() {
    this.#root.replaceChildren();
    this.#open.clear();
    this.#repeat = { said: "", times: 0 };
    this.#newer.hidden = true;
  }

  /**
   * @param {Entry} entry
   * @param {Marks} marks
   */
  add(entry, marks) {
    if (this.#isRepeat(entry)) return;
    const element = this.#append(entry);
    if (entry.commandId !== undefined) element.dataset.commandId = String(entry.commandId);
    if (entry.stamp) this.#stamp(element, entry.stamp, marks);
    // A mark may have begun a line of its own.
    if (this.#newer.hidden) this.#toEnd();
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
    this.#append({ kind: "system", text }, button);
  }

  /**
   * What is said again and again is counted, not repeated. Answers stand alone: each has its mark.
   * @param {Entry} entry
   */
  #isRepeat({ kind, text, title, stamp }) {
    const said = `${kind} ${title ?? ""} ${text}`;
    const newest = this.#root.lastElementChild;
    if (stamp || said !== this.#repeat.said || newest === null) {
      this.#repeat = { said: stamp ? "" : said, times: 1 };
      return false;
    }
    this.#repeat.times += 1;
    newest.querySelector(".times")?.remove();
    newest.querySelector(".entry-text")?.append(make("span", "times", ` (${this.#repeat.times} times)`));
    if (this.#newer.hidden) this.#toEnd();
    return true;
  }

  /**
   * Shows a line the player sent; `letter` is how later calls name it.
   * @param {import("./outbox.js").Letter} letter
   */
  addEcho(letter) {
    this.#repeat = { said: "", times: 0 };
    const element = this.#append({ kind: "echo", text: letter.line });
    this.#echoes.set(letter, element);
    setMark(element, "sent");
    this.#toEnd();
  }

  /** @param {import("./outbox.js").Letter} letter */
  numberEcho(letter) {
    const element = this.#echoes.get(letter);
    if (element) element.dataset.commandId = String(letter.id);
  }

  /**
   * The answer has come. One with words carries the mark itself; else the echo does.
   * @param {import("./outbox.js").Letter} letter
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
   * @param {Entry} entry
   * @param {Element[]} more what stands below the text
   */
  #append({ kind, text, title, channel, speaker }, ...more) {
    const follow = this.#isAtEnd();
    const element = make("div", `entry ${kind}`);
    if (channel) element.dataset.channel = channel;
    if (title) element.append(make("p", "entry-title", title));
    const columns = kind === "result" ? columnsIn(text) : null;
    if (columns !== null) element.classList.add("columns");
    const line = make(columns === null ? "p" : "div", "entry-text");
    const spoken = SPOKEN_KIND.get(kind);
    if (spoken) line.append(make("span", "unseen", spoken));
    if (columns !== null) line.append(...columns.map(stretchElement));
    else if (speaker && text.startsWith(speaker)) line.append(make("span", "speaker", speaker), text.slice(speaker.length));
    else line.append(text);
    element.append(line, ...more);
    this.#root.append(element);
    while (this.#root.childElementCount > ENTRIES_MAX) this.#forgetOldest();
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

/** @param {import("./columns.js").Stretch} stretch */
function stretchElement(stretch) {
  if (stretch.kind !== "rows") return make("p", stretch.kind, stretch.text);
  const list = make("dl", "rows");
  for (const { key, text } of stretch.rows) list.append(make("dt", "", key), make("dd", "", text));
  return list;
}

/**
 * Shows how an answer stands. `null` takes mark and attribute away.
 * @param {HTMLElement} element
 * @param {import("./durability.js").Standing | "sent" | null} now
 */
function setMark(element, now) {
  if (now === null) delete element.dataset.durability;
  else element.dataset.durability = now;
  let mark = element.querySelector(".mark");
  if (now === null || now === "durable") {
    mark?.remove();
    return;
  }
  if (mark === null) {
    mark = make("span", "mark");
    mark.setAttribute("role", "img");
    const line = element.querySelector(".entry-text");
    (line?.querySelector(":scope > :last-child.prose") ?? line)?.append(" ", mark);
  }
  mark.setAttribute("aria-label", MARK_TEXT[now]);
  mark.setAttribute("title", MARK_TEXT[now]);
}
