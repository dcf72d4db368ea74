// What cannot wait: one's own danger, said to screen readers before everything that is only read.

import { byId, setText } from "./dom.js";
import { bare, BANDS } from "./fights.js";
import { condition } from "./vitals.js";

/** @typedef {import("./state.js").State} State */

/**
 * What a change means for one's life, most pressing first; empty where it means nothing.
 * @param {State} before
 * @param {State} after
 * @returns {string}
 */
export function alarmOf(before, after) {
  const said = [];
  const now = after.vitals === null ? "able" : condition(after.vitals.dp);
  if (before.vitals !== null && now !== condition(before.vitals.dp) && now !== "able") said.push(now === "dead" ? "You are dead." : "You are mortally wounded.");
  const [was, is] = [own(before), own(after)];
  if (before.fight === null && after.fight !== null) {
    const foes = after.fight.fighters.filter(({ id }) => id !== after.self.id).map(({ name }) => bare(name));
    said.push(`You are in a fight: ${foes.join(", ")}.`);
  }
  if (is?.band && was?.band && is.band !== "down" && BANDS.indexOf(is.band) > BANDS.indexOf(was.band)) said.push(`You are ${is.band}, ${is.dp} of ${is.max_dp}.`);
  const had = new Set(before.effects.map(({ effect_type: type }) => type));
  for (const { harmful, name, effect_type: type } of after.effects) if (harmful && !had.has(type)) said.push(`Upon you: ${name}.`);
  return said.join(" ");
}

/** @param {State} state */
function own({ fight, self }) {
  return fight?.fighters.find(({ id }) => id === self.id);
}

export class Alarm {
  #line = byId("alarm", HTMLElement);

  /**
   * @param {State} before
   * @param {State} after
   */
  hear(before, after) {
    if (before.self.id !== after.self.id || before.vitals === null) return;
    const text = alarmOf(before, after);
    if (text === "") return;
    // The same words again are said again.
    setText(this.#line, "");
    setText(this.#line, text);
  }
}
