// What can be done with whom and what: each deed is a line that could be typed as well.

/**
 * @typedef {import("./menu.js").Choice} Choice
 * @typedef {{say: (line: string) => void, address: (name: string) => void}} Voice `address` begins a whisper
 */

/**
 * @param {string} name
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withPerson(name, { say, address }) {
  return [
    { label: "Look at", act: () => say(`look ${name}`) },
    { label: "Whisper to", act: () => address(name) },
    { label: "Nod to", act: () => say(`nod ${name}`) },
    { label: "Mute", act: () => say(`mute ${name}`) },
  ];
}

/**
 * @param {string} name
 * @param {boolean} isCarried
 * @param {string[]} others who are here
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withThing(name, isCarried, others, { say }) {
  const look = { label: "Look at", act: () => say(`look ${name}`) };
  if (!isCarried) return [look, { label: "Take", act: () => say(`get ${name}`) }];
  const gifts = others.slice(0, GIFTS_MAX).map((other) => ({ label: `Give to ${other}`, act: () => say(`give ${name} to ${other}`) }));
  return [look, { label: "Put down", act: () => say(`drop ${name}`) }, ...gifts];
}

/** More people are not offered in a menu; `give` knows them all. */
const GIFTS_MAX = 8;

/** Commands after which what one carries may be other than before. */
const HANDLING = ["get", "take", "pickup", "drop", "give", "summon"];

/** Letters of a word from which on its beginning may stand for it. */
const BEGINNING = 3;

/**
 * Whether a line, once done, may have changed what one carries.
 * @param {string} line
 */
export function handlesThings(line) {
  return isOneOf(firstWord(line), HANDLING);
}

/**
 * Whether a line puts things down where one is.
 * @param {string} line
 */
export function putsDown(line) {
  return firstWord(line) === "drop";
}

/**
 * Whether a word is one of these, or begins one.
 * @param {string} word
 * @param {readonly string[]} words
 */
export function isOneOf(word, words) {
  return words.includes(word) || (word.length >= BEGINNING && words.some((one) => one.startsWith(word)));
}

/** @param {string} line */
export function firstWord(line) {
  return line.trim().split(/\s+/, 1)[0]?.toLowerCase() ?? "";
}
