// The ten ways out of a room: their order, their arrows, their keys.

/**
 * `step` is the way on the map: x east, y south, z up.
 * @typedef {{word: string, arrow: string, step: readonly [number, number, number]}} Direction
 */

/** @type {readonly Direction[]} */
export const DIRECTIONS = [
  { word: "north", arrow: "↑", step: [0, -1, 0] },
  { word: "northeast", arrow: "↗", step: [1, -1, 0] },
  { word: "east", arrow: "→", step: [1, 0, 0] },
  { word: "southeast", arrow: "↘", step: [1, 1, 0] },
  { word: "south", arrow: "↓", step: [0, 1, 0] },
  { word: "southwest", arrow: "↙", step: [-1, 1, 0] },
  { word: "west", arrow: "←", step: [-1, 0, 0] },
  { word: "northwest", arrow: "↖", step: [-1, -1, 0] },
  { word: "up", arrow: "⇡", step: [0, 0, 1] },
  { word: "down", arrow: "⇣", step: [0, 0, -1] },
];

/**
 * Where a direction stands in the compass order; words the client does not know come last.
 * @param {string} word
 */
export function rank(word) {
  const index = DIRECTIONS.findIndex((direction) => direction.word === word);
  return index < 0 ? DIRECTIONS.length : index;
}

/** @type {Readonly<Record<string, string>>} */
const NUMPAD = {
  Numpad8: "north",
  Numpad9: "northeast",
  Numpad6: "east",
  Numpad3: "southeast",
  Numpad2: "south",
  Numpad1: "southwest",
  Numpad4: "west",
  Numpad7: "northwest",
  NumpadSubtract: "up",
  NumpadAdd: "down",
  Numpad5: "look",
};

/** @type {Readonly<Record<string, string>>} */
const WITH_ALT = {
  ArrowUp: "north",
  ArrowRight: "east",
  ArrowDown: "south",
  ArrowLeft: "west",
  PageUp: "up",
  PageDown: "down",
};

/**
 * The line a key stands for, or `null`. Keys walk only while nothing is typed: in the middle of a
 * sentence a digit is a digit, and Alt with an arrow goes back a word.
 * @param {{code: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean}} key
 * @param {boolean} isLineEmpty
 * @returns {string | null}
 */
export function lineForKey({ code, altKey, ctrlKey, metaKey }, isLineEmpty) {
  if (ctrlKey || metaKey || !isLineEmpty) return null;
  return (altKey ? WITH_ALT[code] : NUMPAD[code]) ?? null;
}
