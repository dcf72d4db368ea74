// The ways to talk as tabs over the log, with what was said on each while nobody looked.

import { firstWord, isOneOf } from "./deeds.js";
import { byId, make, setText } from "./dom.js";

/** @typedef {"all" | "say" | "local" | "global" | "whisper" | "staff"} Tab */

/** @type {ReadonlyMap<string, Tab>} */
const TAB_OF = new Map([
  ["say", "say"],
  ["emote", "say"],
  ["pose", "say"],
  ["local", "local"],
  ["global", "global"],
  ["whisper", "whisper"],
  ["system", "staff"],
  ["admin", "staff"],
]);

/** @type {readonly [Tab, string][]} */
const TABS = [
  ["all", "All"],
  ["say", "Say"],
  ["local", "Local"],
  ["global", "Global"],
  ["whisper", "Whispers"],
  ["staff", "Staff"],
];

/**
 * Under which tab a line of a channel stands; empty for what is no talk.
 * @param {string | undefined} channel
 * @returns {Tab | ""}
 */
export function tabOf(channel) {
  return TAB_OF.get(channel ?? "") ?? "";
}

/**
 * Whether words speak of somebody.
 * @param {string} words
 * @param {string} name
 */
export function mentions(words, name) {
  if (name === "") return false;
  const [all, wanted, letter] = [words.toLowerCase(), name.toLowerCase(), /[\p{L}\p{N}]/u];
  for (let at = all.indexOf(wanted); at >= 0; at = all.indexOf(wanted, at + 1)) {
    if (!letter.test(all[at - 1] ?? "") && !letter.test(all[at + wanted.length] ?? "")) return true;
  }
  return false;
}

/** Words and signs with which one talks; whoever types something else wants to see what comes of it. */
const TALK = ["say", "local", "global", "whisper", "tell", "reply", "emote", "me", "pose", "system", "admins"];
const TALK_SIGN = /^['":;]/;

/**
 * Whether a line is talk.
 * @param {string} line
 */
export function isTalk(line) {
  return TALK_SIGN.test(line) || isOneOf(firstWord(line), TALK);
}

export class Channels {
  #bar = byId("channels", HTMLElement);
  #act;
  /** @type {Map<Tab, {button: HTMLButtonElement, count: HTMLElement, unread: number, isCalled: boolean}>} */
  #tabs = new Map();
  /** @type {Tab} */ #open = "all";
  /** What was said to us while the page was out of sight. */ #missed = 0;

  /**
   * @param {object} act
   * @param {(tab: Tab) => void} act.open another tab is looked at
   * @param {(missed: number) => void} act.missed another number of lines waits behind the page
   */
  constructor(act) {
    this.#act = act;
    for (const [tab, title] of TABS) {
      const button = make("button", "channel", title);
      button.type = "button";
      button.dataset.channel = tab;
      const count = make("span", "unread");
      button.append(count);
      button.addEventListener("click", () => this.open(tab));
      this.#tabs.set(tab, { button, count, unread: 0, isCalled: false });
      this.#bar.append(button);
    }
    this.clear();
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** The tab that is looked at. */
  get now() {
    return this.#open;
  }

  /** Nothing was said to another character. */
  clear() {
    for (const tab of this.#tabs.values()) Object.assign(tab, { unread: 0, isCalled: false });
    const staff = this.#tabs.get("staff");
    if (staff) staff.button.hidden = true;
    this.open("all");
    this.#look();
  }

  /** @param {Tab} tab */
  open(tab) {
    this.#open = tab;
    for (const [name, { button }] of this.#tabs) button.setAttribute("aria-pressed", String(name === tab));
    this.#look();
    this.#act.open(tab);
  }

  /**
   * Somebody else said something.
   * @param {string | undefined} channel
   * @param {boolean} isCalled it speaks of us, or to us alone
   */
  hear(channel, isCalled) {
    const name = tabOf(channel);
    const tab = name === "" ? undefined : this.#tabs.get(name);
    if (tab === undefined) return;
    tab.button.hidden = false;
    const isHidden = document.visibilityState === "hidden";
    if (isHidden) this.#act.missed((this.#missed += 1));
    if (!isHidden && (this.#open === "all" || this.#open === name)) return;
    tab.unread += 1;
    tab.isCalled ||= isCalled;
    this.#show();
  }

  /** What is looked at is read. */
  #look() {
    if (document.visibilityState === "hidden") return;
    for (const [name, tab] of this.#tabs) {
      if (this.#open === "all" || this.#open === name) Object.assign(tab, { unread: 0, isCalled: false });
    }
    if (this.#missed > 0) this.#act.missed((this.#missed = 0));
    this.#show();
  }

  #show() {
    for (const { count, button, unread, isCalled } of this.#tabs.values()) {
      setText(count, unread === 0 ? "" : ` ${isCalled ? "@" : ""}${unread > 99 ? "99+" : unread}`);
      button.title = unread === 0 ? "" : `${unread} unread${isCalled ? ", some to you" : ""}`;
    }
  }
}
