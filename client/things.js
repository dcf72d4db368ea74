// Things: what lies here and what one carries, each with what can be done with it.

import { byId, make, setText } from "./dom.js";

/** @typedef {{name: string, word: string, isCarried: boolean}} Item `word` is what a command calls it */

export class ThingsPanel {
  #here = byId("things-here", HTMLElement);
  #carried = byId("things-carried", HTMLElement);
  #count = byId("things-count", HTMLElement);

  /**
   * @param {object} act
   * @param {(item: Item) => void} act.move takes it, or puts it down
   * @param {(item: Item, anchor: Element) => void} act.more
   */
  constructor(act) {
    for (const list of [this.#here, this.#carried]) {
      list.addEventListener("click", ({ target }) => {
        const button = target instanceof Element ? target.closest("button") : null;
        if (!button?.dataset.word) return;
        const { name = "", word, more } = button.dataset;
        const item = { name, word, isCarried: list === this.#carried };
        if (more) act.more(item, button);
        else act.move(item);
      });
    }
  }

  /**
   * @param {import("./state.js").State} state
   */
  show({ floor, carried }) {
    fill(this.#here, floor.map(({ item_name: name, quantity }) => ({ name, quantity })), "Take", "Nothing lies here.");
    const things = (carried ?? []).map(({ name }) => ({ name, quantity: 1 }));
    fill(this.#carried, things, "Put down", carried === null ? "…" : "Nothing.");
    setText(this.#count, floor.length === 0 ? "" : ` · ${floor.length}`);
  }
}

/**
 * @param {HTMLElement} list
 * @param {{name: string, quantity: number}[]} things
 * @param {string} deed
 * @param {string} none
 */
function fill(list, things, deed, none) {
  const focused = document.activeElement;
  const at = focused === null ? -1 : [...list.querySelectorAll("button")].findIndex((one) => one === focused);
  /** @type {Map<string, number>} */
  const seen = new Map();
  const items = things.map(({ name, quantity }) => {
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return item(name, nth === 1 ? name : `${nth}.${name}`, quantity, deed);
  });
  list.replaceChildren(...items);
  if (items.length === 0) list.append(make("li", "none", none));
  // What was just taken is gone from the list; the keyboard goes on with the next.
  if (at >= 0) (list.querySelectorAll("button")[at] ?? list.querySelector("button"))?.focus();
}

/**
 * @param {string} name
 * @param {string} word
 * @param {number} quantity
 * @param {string} deed
 */
function item(name, word, quantity, deed) {
  const row = make("li", "thing");
  const [move, more] = [make("button", "small", deed), make("button", "small more", "…")];
  for (const button of [move, more]) {
    button.type = "button";
    button.dataset.name = name;
    button.dataset.word = word;
  }
  move.setAttribute("aria-label", `${deed} ${name}`);
  more.dataset.more = "yes";
  more.setAttribute("aria-label", `More with ${name}`);
  row.append(make("span", "thing-name", quantity > 1 ? `${name} (${quantity})` : name), move, more);
  return row;
}
