// Words in a text that can be acted on: people, creatures, things, details, ways out, addresses.

import { DIRECTIONS } from "./directions.js";

/**
 * @typedef {"person" | "creature" | "thing" | "stand" | "detail" | "exit" | "link"} NounKind
 * @typedef {{text: string, kind?: NounKind, name?: string}} Piece `name` is what the world calls it
 * @typedef {(text: string) => Piece[]} Splitter
 */

/** An address, without what a sentence puts behind it. */
const LINK = "https?:\\/\\/[^\\s<>\"']*[^\\s<>\"'.,;:!?)\\]]";

/**
 * How to take texts apart where these people and things are, with these ways out.
 * @param {import("./state.js").State} state
 * @returns {Splitter}
 */
export function splitterFor({ occupants, creatures, floor, standing, carried, worn, room, self }) {
  /** @type {Map<string, {kind: NounKind, name: string}>} */
  const nouns = new Map();
  for (const name of room?.details ?? []) nouns.set(name, { kind: "detail", name });
  for (const { word } of DIRECTIONS) {
    if (room?.exits?.[word] !== undefined) nouns.set(word, { kind: "exit", name: word });
  }
  for (const { item_name: name } of floor) nouns.set(name.toLowerCase(), { kind: "thing", name });
  for (const { name } of standing) nouns.set(name.toLowerCase(), { kind: "stand", name });
  for (const { name } of creatures) nouns.set(name.toLowerCase(), { kind: "creature", name });
  for (const { name } of [...worn, ...(carried ?? [])]) nouns.set(name.toLowerCase(), { kind: "thing", name });
  for (const { name } of occupants) if (name !== self.name) nouns.set(name.toLowerCase(), { kind: "person", name });
  const words = [...nouns.keys()].filter(Boolean).sort((a, b) => b.length - a.length).map(escaped);
  const named = words.length === 0 ? "" : `|(?<![\\p{L}\\p{N}])(?:${words.join("|")})(?![\\p{L}\\p{N}])`;
  const pattern = new RegExp(`${LINK}${named}`, "giu");
  return (text) => split(text, pattern, nouns);
}

/**
 * Keeps the splitter of a state until somebody comes or something is moved.
 * @returns {(state: import("./state.js").State) => Splitter}
 */
export function lastingSplitter() {
  const parts = /** @type {const} */ (["occupants", "creatures", "floor", "standing", "carried", "worn", "room", "self"]);
  /** @type {import("./state.js").State | null} */
  let before = null;
  /** @type {Splitter} */
  let splitter = (text) => [{ text }];
  return (state) => {
    if (before === null || parts.some((part) => state[part] !== before?.[part])) splitter = splitterFor(state);
    before = state;
    return splitter;
  };
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 * @param {ReadonlyMap<string, {kind: NounKind, name: string}>} nouns
 * @returns {Piece[]}
 */
function split(text, pattern, nouns) {
  /** @type {Piece[]} */
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const [found] = match;
    const noun = nouns.get(found.toLowerCase()) ?? { kind: /** @type {NounKind} */ ("link"), name: found };
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: found, ...noun });
    end = match.index + found.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** @param {string} word */
function escaped(word) {
  return word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
