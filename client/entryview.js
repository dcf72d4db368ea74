// One entry of the log as it stands on the page.

import { tabOf } from "./channels.js";
import { columnsIn } from "./columns.js";
import { make } from "./dom.js";
import { clockTime } from "./scrollback.js";

/** What a mark says in words. A durable answer carries none. */
const MARK_TEXT = {
  sent: "sent, not yet answered",
  applied: "applied, not yet saved",
  lost: "undone: not saved before the server stopped",
  unknown: "answer unknown",
};

/** Words before a line, for readers who cannot see its colour. */
const SPOKEN_KIND = new Map([["echo", "You typed: "]]);

/** Kinds in whose text nothing is to be pressed: what was typed, and what the server says of itself. */
const PLAIN = new Set(["echo", "error", "system", "rule"]);

/**
 * @param {import("./scrollback.js").Line} line
 * @param {import("./nouns.js").Splitter | null} split finds what can be pressed; nothing in old lines
 * @param {Element[]} more what stands below the text
 */
export function entryElement({ kind, text, title, channel, speaker, at, mention, deed }, split, ...more) {
  const element = make("div", `entry ${kind}`);
  element.dataset.at = String(at);
  const tab = tabOf(channel);
  if (channel) element.dataset.channel = channel;
  if (tab) element.dataset.tab = tab;
  if (mention) element.classList.add("mention");
  const time = make("time", "time", clockTime(at));
  time.dateTime = new Date(at).toISOString();
  element.append(time);
  if (title) element.append(make("p", "entry-title", title));
  const columns = kind === "result" ? columnsIn(text) : null;
  if (columns !== null) element.classList.add("columns");
  const line = make(columns === null ? "p" : "div", "entry-text");
  const spoken = SPOKEN_KIND.get(kind);
  if (spoken) line.append(make("span", "unseen", spoken));
  const find = PLAIN.has(kind) ? null : split;
  if (columns !== null) line.append(...columns.map(stretchElement));
  else if (speaker && text.startsWith(speaker)) {
    line.append(speakerElement(speaker, find), ...pieces(text.slice(speaker.length), find));
  } else line.append(...pieces(text, find));
  element.append(line, ...(deed && split ? [deedButton(deed)] : []), ...more);
  return element;
}

/** @param {{label: string, line: string}} deed */
function deedButton({ label, line }) {
  const button = make("button", "offer", label);
  button.type = "button";
  button.dataset.line = line;
  return button;
}

/**
 * @param {string} speaker
 * @param {import("./nouns.js").Splitter | null} find
 */
function speakerElement(speaker, find) {
  const element = make("span", "speaker");
  element.append(...pieces(speaker, find));
  return element;
}

/**
 * @param {string} text
 * @param {import("./nouns.js").Splitter | null} find
 * @returns {(string | Element)[]}
 */
function pieces(text, find) {
  if (find === null) return [text];
  return find(text).map(({ text: words, kind, name }) => {
    if (kind === undefined) return words;
    if (kind === "link") {
      const link = make("a", "noun", words);
      link.href = words;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      return link;
    }
    const button = make("button", "noun", words);
    button.type = "button";
    button.dataset.noun = kind;
    button.dataset.name = name;
    return button;
  });
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
 * @param {import("../sdk/durability.js").Standing | "sent" | null} now
 */
export function setMark(element, now) {
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
