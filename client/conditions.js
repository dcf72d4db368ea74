// What is upon one for a while, and for how long yet.

import { byId, make, setText } from "./dom.js";
import { span } from "./words.js";

/** @typedef {import("./state.js").Effect} Effect */

export class ConditionsList {
  #list = byId("conditions", HTMLElement);
  #count = byId("me-count", HTMLElement);
  /** @type {{effect: Effect, endsAt: number, note: Element}[]} */ #shown = [];

  /** @param {readonly Effect[]} effects */
  show(effects) {
    const now = Date.now();
    this.#shown = effects.map((effect) => ({ effect, endsAt: now + (effect.remaining_seconds ?? Infinity) * 1_000, note: make("span", "note") }));
    const items = this.#shown.map(({ effect, note }) => {
      const item = make("li", "condition");
      item.append(make("span", "condition-name", effect.stacks > 1 ? `${effect.name} (${effect.stacks})` : effect.name), " ", note);
      return item;
    });
    this.#list.replaceChildren(...items);
    this.#list.hidden = items.length === 0;
    const harms = effects.filter(({ harmful }) => harmful).length;
    setText(this.#count, harms === 0 ? "" : ` · ${harms}`);
    this.beat();
  }

  /** Another second is over. */
  beat() {
    for (const { effect, endsAt, note } of this.#shown) setText(note, conditionText(effect, endsAt - Date.now()));
  }
}

/**
 * How it is with something that is upon one; what harms is called so.
 * @param {Pick<Effect, "harmful">} effect
 * @param {number} leftMs
 */
export function conditionText({ harmful }, leftMs) {
  const left = !Number.isFinite(leftMs) ? "until it is taken off" : leftMs <= 0 ? "nearly over" : `for ${span(leftMs)}`;
  return harmful ? `harmful, ${left}` : left;
}
