// What can be done with whom and what: each deed is a line that could be typed as well.

/**
 * @typedef {import("./menu.js").Choice} Choice
 * @typedef {import("./belongings.js").Thing & {word: string}} Item
 * @typedef {{name: string, closed: boolean, locked: boolean, isCorpse: boolean, word: string}} Standing
 * @typedef {{say: (line: string) => void, address: (name: string) => void, begin: (line: string) => void}} Voice
 *   `address` begins a whisper, `begin` a line to be gone on with
 * @typedef {{others: string[], things: Item[], holders: string[]}} Around who is here, what one carries, what things can be put in
 */

/** More are not offered in a menu; typing knows them all. */
const OFFERED_MAX = 6;

/**
 * @param {string} label
 * @param {string} line
 * @returns {[string, string]}
 */
const deed = (label, line) => [label, line];

/**
 * @param {string} name
 * @param {Around} around
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withPerson(name, { things }, voice) {
  const whisper = { label: "Whisper to", act: () => voice.address(name) };
  const gifts = things.slice(0, OFFERED_MAX).map((thing) => deed(`Give ${thing.name}`, `give ${thing.word} to ${name}`));
  const rest = [deed("Nod to", `nod ${name}`), ...gifts, deed("See to wounds", `aid ${name}`), deed("Mute", `mute ${name}`)];
  return [...said([deed("Look at", `look ${name}`)], voice), whisper, ...said(rest, voice)];
}

/**
 * @param {{name: string, word: string}} creature
 * @param {Around} around
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withCreature({ name, word }, { things }, voice) {
  const deeds = [deed("Look at", `look ${word}`), deed("Consider", `consider ${word}`), deed("Attack", `attack ${word}`)];
  const gifts = things.slice(0, OFFERED_MAX).map((thing) => deed(`Give ${thing.name}`, `give ${thing.word} to ${word}`));
  return [...said(deeds, voice), { label: "Speak to", act: () => voice.begin(`say ${name}, `) }, ...said(gifts, voice)];
}

/**
 * @param {{word: string}} foe whom one fights, or may fight
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withFoe({ word }, voice) {
  return said([deed("Attack", `attack ${word}`), deed("Taunt", `taunt ${word}`), deed("Consider", `consider ${word}`), deed("Look at", `look ${word}`)], voice);
}

/**
 * The first is what is most likely wanted.
 * @param {Item} thing what one carries
 * @param {Around} around
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withCarried(thing, { others, holders }, voice) {
  const { word, slots, quantity } = thing;
  const isHeld = slots?.some((slot) => slot.endsWith("_hand"));
  const isUsed = thing.kind === "consumable" || thing.state?.includes("good for");
  const deeds = [
    ...(slots?.length ? [deed(isHeld ? "Hold" : "Wear", `wear ${word}`)] : []),
    ...lights(thing),
    ...(isUsed ? [deed("Use", `use ${word}`)] : []),
    ...lids(thing),
    deed("Put down", `drop ${word}`),
    ...(quantity > 1 ? [deed("Put down one", `drop ${word} 1`)] : []),
    deed("Look at", `look ${word}`),
    ...(isUsed ? others.slice(0, OFFERED_MAX).map((other) => deed(`Use on ${other}`, `use ${word} on ${other}`)) : []),
    ...others.slice(0, OFFERED_MAX).map((other) => deed(`Give to ${other}`, `give ${word} to ${other}`)),
    ...holders.filter((holder) => holder !== word).slice(0, OFFERED_MAX).map((holder) => deed(`Put in ${holder}`, `put ${word} in ${holder}`)),
  ];
  return said(deeds, voice);
}

/**
 * @param {Item} thing what one wears or holds
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withWorn(thing, voice) {
  const off = thing.slot?.endsWith("_hand") ? "Put away" : "Take off";
  return said([deed(off, `remove ${thing.word}`), ...lights(thing), ...lids(thing), deed("Look at", `look ${thing.word}`)], voice);
}

/**
 * @param {{word: string, quantity: number}} thing what lies here
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withLying({ word, quantity }, voice) {
  const one = quantity > 1 ? [deed("Take one", `get ${word} 1`)] : [];
  return said([deed("Take", `get ${word}`), ...one, deed("Look at", `look ${word}`)], voice);
}

/**
 * @param {Standing} stands
 * @param {Voice} voice
 * @returns {Choice[]}
 */
export function withStanding({ word, closed, locked, isCorpse }, voice) {
  const look = deed("Look at", `look ${word}`);
  const within = deed("Look in", `look in ${word}`);
  if (isCorpse) return said([deed("Loot", `loot ${word}`), within, look], voice);
  if (locked) return said([deed("Unlock", `unlock ${word}`), deed("Pick the lock", `pick ${word}`), look], voice);
  if (closed) return said([deed("Open", `open ${word}`), look], voice);
  return said([within, deed("Take all out", `get all from ${word}`), look, deed("Close", `close ${word}`)], voice);
}

/** @param {Item} thing */
function lights({ lit, word }) {
  return lit === undefined ? [] : [lit ? deed("Put out", `extinguish ${word}`) : deed("Light", `light ${word}`)];
}

/** @param {Item} thing */
function lids({ inside, closed, word }) {
  if (inside === undefined) return [];
  if (closed) return [deed("Open", `open ${word}`)];
  return [deed("Look in", `look in ${word}`), ...(closed === false ? [deed("Close", `close ${word}`)] : [])];
}

/**
 * What to type to go a way: a closed door is opened first.
 * @param {string} direction
 * @param {{closed?: boolean, locked?: boolean} | undefined} exit
 */
export function wayLine(direction, exit) {
  if (!exit?.closed) return direction;
  return `${exit.locked ? "unlock" : "open"} ${direction}`;
}

/**
 * @param {[string, string][]} deeds
 * @param {Voice} voice
 * @returns {Choice[]}
 */
function said(deeds, { say }) {
  return deeds.map(([label, line]) => ({ label, act: () => say(line) }));
}

/** Commands by which one comes to have something. */
const TAKING = ["get", "take", "pickup", "loot", "summon"];

/** Letters of a word from which on its beginning may stand for it. */
const BEGINNING = 3;

/**
 * Whether a line, once done, has given one something.
 * @param {string} line
 */
export function takesThings(line) {
  return isOneOf(firstWord(line), TAKING);
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
