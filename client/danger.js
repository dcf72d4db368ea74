// What threatens one, together: the fight, what is upon one, and the alarm that says so at once.

import { Alarm } from "./alarm.js";
import { ConditionsList } from "./conditions.js";
import { FightPanel } from "./fight.js";
import { changes, NOWHERE } from "./state.js";

export class Danger {
  #fight;
  #conditions = new ConditionsList();
  #alarm = new Alarm();

  /**
   * @param {import("./hands.js").Hands} hands
   * @param {(line: string) => void} say
   */
  constructor(hands, say) {
    this.#fight = new FightPanel({ say, press: (kind, id, anchor) => hands.press(kind, id, anchor) });
    setInterval(() => {
      this.#fight.beat();
      this.#conditions.beat();
    }, 1_000);
  }

  /** Nowhere yet: what threatened another character must not stand here. */
  clear() {
    this.#fight.show(NOWHERE, NOWHERE);
    this.#conditions.show([]);
  }

  /**
   * @param {import("./state.js").State} state
   * @param {import("./state.js").State} before
   */
  show(state, before) {
    this.#alarm.hear(before, state);
    if (changes(state, before, "fight", "creatures")) this.#fight.show(state, before);
    if (state.effects !== before.effects) this.#conditions.show(state.effects);
  }

  /** @param {string} word of a line that was done */
  intend(word) {
    this.#fight.intend(word);
  }
}
