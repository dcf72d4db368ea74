// The body: determination and magic as bars, posture and level as words.

import { byId, setText } from "./dom.js";
import { fillPercent } from "./lucidity.js";

/** Nobody is deader than this. */
const FLOOR = -10;

export class VitalsPanel {
  #panel = byId("vitals", HTMLElement);
  #dp = byId("dp", HTMLElement);
  #dpMeter = byId("dp-meter", HTMLElement);
  #dpFill = byId("dp-fill", HTMLElement);
  #mp = byId("mp", HTMLElement);
  #mpMeter = byId("mp-meter", HTMLElement);
  #mpFill = byId("mp-fill", HTMLElement);
  #words = byId("posture", HTMLElement);
  #nowBody = byId("now-body", HTMLElement);
  #nowMagic = byId("now-magic", HTMLElement);

  /** @param {import("./state.js").Vitals} vitals */
  show(vitals) {
    const { dp, maxDp, mp, maxMp } = vitals;
    this.#panel.hidden = false;
    this.#panel.dataset.condition = condition(dp);
    measure(this.#dpMeter, this.#dpFill, FLOOR, dp, maxDp);
    measure(this.#mpMeter, this.#mpFill, 0, mp, maxMp);
    this.#nowBody.style.width = this.#dpFill.style.width;
    this.#nowMagic.style.width = this.#mpFill.style.width;
    setText(this.#dp, `${dp} / ${maxDp}`);
    setText(this.#mp, `${mp} / ${maxMp}`);
    setText(this.#words, bodyText(vitals));
  }
}

/**
 * @param {HTMLElement} meter
 * @param {HTMLElement} fill
 * @param {number} least
 * @param {number} now
 * @param {number} most
 */
function measure(meter, fill, least, now, most) {
  meter.setAttribute("aria-valuemin", String(least));
  meter.setAttribute("aria-valuemax", String(most));
  meter.setAttribute("aria-valuenow", String(now));
  fill.style.width = `${fillPercent(now, most)}%`;
}

/** @param {number} dp */
export function condition(dp) {
  if (dp <= FLOOR) return "dead";
  return dp <= 0 ? "wounded" : "able";
}

/** @param {import("./state.js").Vitals} vitals */
export function bodyText({ dp, position, level }) {
  const how = { dead: "dead", wounded: "mortally wounded", able: position }[condition(dp)];
  return level > 0 ? `${how}, level ${level}` : how;
}
