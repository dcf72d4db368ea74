// What one has, and what lies and stands where one is, as the panels and menus speak of it.

/**
 * @typedef {object} Thing
 * @property {string} id
 * @property {string} name
 * @property {number} quantity
 * @property {string} [kind]
 * @property {string} [slot] where it is worn
 * @property {string[]} [slots] where it can be worn
 * @property {boolean} [lit] absent of what never gives light
 * @property {string} [state] how it is, in words
 * @property {boolean} [closed] of a container
 * @property {{id: string, name: string, quantity: number}[]} [inside] what a container holds
 */

/** @typedef {{weight: number, weightMax: number, used: number, total: number}} Load weights in tenths of a pound */

/** @typedef {{carried: Thing[] | null, worn: Thing[], load: Load | null}} Belongings */

/** Where things are worn, in the order and words of the world. @type {Readonly<Record<string, string>>} */
export const SLOTS = {
  main_hand: "in the right hand",
  off_hand: "in the left hand",
  head: "on the head",
  torso: "on the body",
  legs: "on the legs",
  feet: "on the feet",
  hands: "on the hands",
  accessory: "pinned on",
  ring: "on a finger",
  amulet: "around the neck",
  belt: "at the waist",
  backpack: "on the back",
};

/**
 * What a sheet or an `inventory_update` tells of what one has; nothing where it tells nothing.
 * @param {any} told
 * @returns {Partial<Belongings>}
 */
export function belongingsOf(told) {
  if (!Array.isArray(told?.inventory)) return {};
  const worn = Object.entries(told.equipped ?? {}).map(([slot, stack]) => ({ ...thingOf(stack), slot }));
  const order = Object.keys(SLOTS);
  const { weight, weight_max: weightMax, slots_used: used, slots_total: total } = told;
  return {
    carried: told.inventory.map(thingOf),
    worn: worn.sort((a, b) => order.indexOf(a.slot) - order.indexOf(b.slot)),
    load: weightMax > 0 ? { weight, weightMax, used: used ?? 0, total: total ?? 0 } : null,
  };
}

/**
 * @param {any} stack
 * @returns {Thing}
 */
function thingOf({ item_instance_id: id, item_name: name, quantity, metadata = {}, inner_container: holds }) {
  const { kind, lit, slots, charges, wear = 0, durability = 0 } = metadata;
  const worn = durability > 0 && wear > 0 ? (wear >= durability ? "broken" : `${durability - wear} of ${durability} wear left`) : "";
  const state = [lit ? "lit" : "", holds?.closed ? "closed" : "", charges === undefined ? "" : `good for ${charges} more`, worn];
  const inside = holds?.items?.map((/** @type {any} */ one) => ({ id: one.item_instance_id, name: one.item_name, quantity: one.quantity }));
  return {
    id,
    name,
    quantity,
    state: state.filter(Boolean).join(", "),
    ...(kind && { kind }),
    ...(slots && { slots }),
    ...(lit !== undefined && { lit }),
    ...(holds?.closed !== undefined && { closed: holds.closed }),
    ...(inside && { inside }),
  };
}

/**
 * What a command calls each of these: of several of one name, by its number.
 * @template {{name: string}} T
 * @param {readonly T[]} things
 * @returns {(T & {word: string})[]}
 */
export function worded(things) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return things.map((thing) => {
    const nth = (seen.get(thing.name) ?? 0) + 1;
    seen.set(thing.name, nth);
    return { ...thing, word: nth === 1 ? thing.name : `${nth}.${thing.name}` };
  });
}

/**
 * `0.9 of 51 lb, 2 of 20 places`
 * @param {Load} load
 */
export function loadText({ weight, weightMax, used, total }) {
  return `${weight / 10} of ${weightMax / 10} lb, ${used} of ${total} places`;
}
