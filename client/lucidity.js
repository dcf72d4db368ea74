// The lucidity bar: how far a mind has slipped, as length, number and word.

import { byId, setText } from "./dom.js";

/** Tiers with a colour of their own in the style sheet. */
const TIERS = new Set(["lucid", "uneasy", "fractured", "deranged", "catatonic"]);

/** What the world allows at least; a bar at this point is empty. */
const FLOOR = -100;

export class LucidityBar {
  #screen = byId("game", HTMLElement);
  #now = byId("now-mind", HTMLElement);
  #meter = byId("lucidity-meter", HTMLElement);
  #fill = byId("lucidity-fill", HTMLElement);
  #value = byId("lucidity-value", HTMLElement);
  #tier = byId("tier", HTMLElement);
  #liabilities = byId("liabilities", HTMLElement);

  /** @param {import("./state.js").Lucidity} lucidity */
  show({ current, max, tier, liabilities }) {
    this.#screen.dataset.tier = TIERS.has(tier) ? tier : "";
    this.#meter.setAttribute("aria-valuemin", String(FLOOR));
    this.#meter.setAttribute("aria-valuemax", String(max));
    this.#meter.setAttribute("aria-valuenow", String(current));
    this.#meter.setAttribute("aria-valuetext", `${current} of ${max}, ${tier}`);
    this.#fill.style.width = `${fillPercent(current, max)}%`;
    this.#now.style.width = this.#fill.style.width;
    setText(this.#value, `${current} / ${max}`);
    setText(this.#tier, tier);
    setText(this.#liabilities, liabilities.map((name) => name.replaceAll("_", " ")).join(", "));
    this.#liabilities.hidden = liabilities.length === 0;
  }
}

/**
 * Length of the bar in percent. At and below zero the mind is gone and the bar is empty: the
 * number tells how deep.
 * @param {number} current
 * @param {number} max
 */
export function fillPercent(current, max) {
  if (!(max > 0)) return 0;
  return Math.min(Math.max((100 * current) / max, 0), 100);
}
