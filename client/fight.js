// The fight one is in: who is how and strikes whom, what one does next, and when that is.

import { byId, make, setText } from "./dom.js";
import { fightWords } from "./fights.js";
import { fighterName } from "./hands.js";

/** What a typed word makes of one's next turn. @type {Readonly<Record<string, string>>} */
const INTENTS = { attack: "attack", kill: "attack", hit: "attack", defend: "defend", flee: "flee" };

export class FightPanel {
  #desk = byId("desk", HTMLElement);
  #panel = byId("fight", HTMLElement);
  #list = byId("fighters", HTMLElement);
  #round = byId("fight-round", HTMLElement);
  #timer = byId("fight-timer", HTMLElement);
  #deeds = byId("fight-deeds", HTMLElement);
  /** When the next round is, in milliseconds. */ #nextAt = 0;

  /**
   * @param {object} act
   * @param {(line: string) => void} act.say
   * @param {(kind: string, id: string, anchor: Element) => void} act.press somebody in it, or what else there is to do
   */
  constructor({ say, press }) {
    this.#panel.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button === null) return;
      if (button.dataset.line) say(button.dataset.line);
      else if (button.dataset.id) press("fighter", button.dataset.id, button);
      else press("fight", "More in this fight", button);
    });
  }

  /**
   * @param {import("./state.js").State} state
   * @param {import("./state.js").State} before
   */
  show(state, before) {
    const { fight, self } = state;
    this.#desk.toggleAttribute("data-fighting", fight !== null);
    if (fight === null) {
      // Who sat on a button here has none any more.
      if (this.#panel.contains(document.activeElement)) byId("log", HTMLElement).focus();
      this.#panel.hidden = true;
      return;
    }
    this.#panel.hidden = false;
    if (fight.nextMs > 0 && (fight.round !== before.fight?.round || before.fight.id !== fight.id)) {
      this.#nextAt = Date.now() + fight.nextMs;
      this.beat();
    }
    const at = [...this.#list.querySelectorAll("button")].findIndex((one) => one === document.activeElement);
    this.#list.replaceChildren(...fight.fighters.map((one) => fighterItem(one.id, fighterName(one, state), one.id === self.id, fightWords(one, fight, self.id))));
    if (at >= 0) (this.#list.querySelectorAll("button")[at] ?? this.#deeds.querySelector("button"))?.focus();
    setText(this.#round, fight.summary);
    this.#choose(fight.intent);
  }

  /**
   * The player has said what to do at the next turn; the world confirms it after the round.
   * @param {string} word
   */
  intend(word) {
    const intent = INTENTS[word];
    if (intent !== undefined) this.#choose(intent);
  }

  /** Another second is over. */
  beat() {
    if (this.#panel.hidden) return;
    const seconds = Math.ceil((this.#nextAt - Date.now()) / 1_000);
    setText(this.#timer, seconds > 0 ? `next round in ${seconds} s` : "");
  }

  /** @param {string} intent */
  #choose(intent) {
    for (const button of this.#deeds.querySelectorAll("[data-line]")) {
      button.setAttribute("aria-pressed", String(button instanceof HTMLElement && button.dataset.line === intent));
    }
  }
}

/**
 * @param {string} id
 * @param {string} name
 * @param {boolean} isOwn
 * @param {string[]} words
 */
function fighterItem(id, name, isOwn, words) {
  const item = make("li", "fighter");
  if (isOwn) item.append(make("span", "fighter-name", name));
  else {
    const button = make("button", "occupant", name);
    button.type = "button";
    button.dataset.id = id;
    button.setAttribute("aria-haspopup", "menu");
    item.append(button);
  }
  item.append(" ", make("span", "note", words.join(", ")));
  return item;
}
