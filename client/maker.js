// Making a character: a name, a profession, and stats that may be rolled again.

import { byId, make, setText } from "./dom.js";

/**
 * @typedef {import("./account.js").Profession} Profession
 * @typedef {import("./account.js").Roll} Roll
 */

/** The nine stats, in the order of a sheet. */
const STATS = ["strength", "dexterity", "constitution", "size", "intelligence", "power", "education", "charisma", "luck"];

export class Maker {
  #form = byId("character-form", HTMLFormElement);
  #name = byId("character-name", HTMLInputElement);
  #profession = byId("profession", HTMLSelectElement);
  #about = byId("profession-note", HTMLElement);
  #again = byId("roll", HTMLButtonElement);
  #stats = byId("roll-stats", HTMLElement);
  #verdict = byId("roll-note", HTMLElement);
  /** @type {Profession[]} */ #professions = [];
  /** @type {Roll | null} */ #roll = null;

  /** @param {{roll: () => void}} act called when the player wants other stats */
  constructor({ roll }) {
    this.#again.addEventListener("click", roll);
    this.#profession.addEventListener("change", () => {
      this.#describe();
      roll();
    });
  }

  /** What was chosen: the profession's id, empty for none. */
  get profession() {
    return this.#profession.value;
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
    const none = make("option", "", "None in particular");
    none.value = "";
    const options = professions.map(({ id, name: title }) => {
      const option = make("option", "", title);
      option.value = id;
      return option;
    });
    this.#profession.replaceChildren(none, ...options);
    this.#name.value = name;
    this.#roll = null;
    this.#stats.replaceChildren();
    setText(this.#verdict, "");
    this.#describe();
    this.#form.hidden = false;
    this.#name.focus();
  }

  /** @param {Roll} roll */
  showRoll(roll) {
    this.#roll = roll;
    const chosen = this.#professions.find(({ id }) => id === roll.profession);
    const rows = STATS.flatMap((stat) => [
      make("dt", "", stat),
      make("dd", isShort(roll, chosen, stat) ? "short" : "", String(roll.stats[stat] ?? "–")),
    ]);
    this.#stats.replaceChildren(...rows);
    setText(this.#verdict, verdict(roll, chosen));
  }

  #describe() {
    const chosen = this.#professions.find(({ id }) => id === this.#profession.value);
    setText(this.#about, chosen === undefined ? "Of no trade that anybody would pay for." : aboutText(chosen));
  }
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
