// Making a character: a name, a profession, and stats that may be rolled again.

import { byId, make, setText } from "./dom.js";

/**
 * @typedef {import("./account.js").Profession} Profession
 * @typedef {import("./account.js").Roll} Roll
 */

/**
 * The nine stats, in the order of a sheet, each with what it is and does. Only two of them do
 * something by the rules as shipped; of the others the truth is that professions ask for them.
 * @type {readonly [string, string][]}
 */
const STATS = [
  ["strength", "What you can lift, and hold shut."],
  ["dexterity", "How sure your hands and feet are."],
  ["constitution", "With size, your determination: what a body bears."],
  ["size", "With constitution, your determination."],
  ["intelligence", "How quickly two and two are put together."],
  ["power", "Your magic: what a mind can spend and gather."],
  ["education", "What you have read and kept."],
  ["charisma", "Whether people are glad to see you."],
  ["luck", "What nothing else explains."],
];

export class Maker {
  #form = byId("character-form", HTMLFormElement);
  #name = byId("character-name", HTMLInputElement);
  #trades = byId("professions", HTMLElement);
  #again = byId("roll", HTMLButtonElement);
  #stats = byId("roll-stats", HTMLElement);
  #verdict = byId("roll-note", HTMLElement);
  /** @type {Profession[]} */ #professions = [];
  /** @type {Roll | null} */ #roll = null;

  /** @param {{roll: () => void}} act called when the player wants other stats */
  constructor({ roll }) {
    this.#again.addEventListener("click", roll);
    this.#trades.addEventListener("change", roll);
  }

  /** What was chosen: the profession's id, empty for none. */
  get profession() {
    const chosen = this.#trades.querySelector("input:checked");
    return chosen instanceof HTMLInputElement ? chosen.value : "";
  }

  /** The roll on show, if there is one. */
  get rollId() {
    return this.#roll?.roll_id ?? "";
  }

  /**
   * @param {Profession[]} professions
   * @param {string} name a name to begin with
   */
  show(professions, name) {
    this.#professions = professions;
    const none = { id: "", name: "None in particular", description: "Of no trade that anybody would pay for." };
    this.#trades.replaceChildren(...[{ ...none, requires: {}, bonus: {} }, ...professions].map(tradeCard));
    this.#name.value = name;
    this.#roll = null;
    this.#stats.replaceChildren();
    setText(this.#verdict, "");
    this.#form.hidden = false;
    this.#name.focus();
  }

  /** @param {Roll} roll */
  showRoll(roll) {
    this.#roll = roll;
    const chosen = this.#professions.find(({ id }) => id === roll.profession);
    const rows = STATS.map(([stat, about]) => {
      const card = make("div", "stat");
      const value = make("dd", isShort(roll, chosen, stat) ? "short" : "", String(roll.stats[stat] ?? "–"));
      card.append(make("dt", "", stat), value, make("dd", "about", about));
      return card;
    });
    this.#stats.replaceChildren(...rows);
    setText(this.#verdict, verdict(roll, chosen));
  }
}

/**
 * A profession as a card to choose.
 * @param {Profession} profession
 * @param {number} index
 */
function tradeCard(profession, index) {
  const card = make("label", "trade");
  const choice = make("input", "");
  choice.type = "radio";
  choice.name = "profession";
  choice.value = profession.id;
  choice.checked = index === 0;
  card.append(choice, make("span", "trade-name", profession.name));
  card.append(make("span", "hint", aboutText(profession)));
  if (profession.flavor_text) card.append(make("span", "flavor", profession.flavor_text));
  return card;
}

/**
 * What a profession is, asks and gives, in a sentence each.
 * @param {Profession} profession
 */
export function aboutText({ description, requires, bonus }) {
  const list = (/** @type {Record<string, number>} */ stats, /** @type {string} */ sign) =>
    Object.entries(stats).map(([stat, value]) => `${stat} ${sign}${value}`).join(", ");
  const asks = Object.keys(requires).length === 0 ? "" : ` Asks ${list(requires, "")}.`;
  const gives = Object.keys(bonus).length === 0 ? "" : ` Gives ${list(bonus, "+")}.`;
  return `${description}${asks}${gives}`;
}

/**
 * What follows from a roll, and whether it will do.
 * @param {Roll} roll
 * @param {Profession | undefined} profession
 */
export function verdict({ stats, meets_requirements }, profession) {
  const sum = `${stats.max_dp} determination, ${stats.max_magic_points} magic.`;
  if (meets_requirements) return sum;
  return `${sum} Not enough for ${profession?.name ?? "that profession"}: roll again.`;
}

/**
 * Whether a stat is too low for the profession; a roll is shown with what the profession gives.
 * @param {Roll} roll
 * @param {Profession | undefined} profession
 * @param {string} stat
 */
export function isShort(roll, profession, stat) {
  const least = profession?.requires[stat];
  if (least === undefined) return false;
  return (roll.stats[stat] ?? 0) - (profession?.bonus[stat] ?? 0) < least;
}
