// Things: what one wears and carries, what lies and stands here, each with what can be done with it.

import { loadText, SLOTS, worded } from "./belongings.js";
import { byId, make, setText } from "./dom.js";
import { lyingIn, standingIn } from "./hands.js";

/**
 * One line of the panel.
 * @typedef {{kind: string, id: string, name: string, quantity?: number, note?: string, word: string,
 *   inside?: {name: string, quantity: number}[]}} Row
 */

export class ThingsPanel {
  #panel = byId("things", HTMLElement);
  #worn = byId("things-worn", HTMLElement);
  #wornTitle = byId("worn-title", HTMLElement);
  #carried = byId("things-carried", HTMLElement);
  #here = byId("things-here", HTMLElement);
  #all = byId("take-all", HTMLButtonElement);
  #load = byId("load", HTMLElement);
  #count = byId("things-count", HTMLElement);
  #act;

  /**
   * @param {object} act
   * @param {(kind: string, id: string) => void} act.first does what is most likely wanted
   * @param {(kind: string, id: string, anchor: Element) => void} act.more
   * @param {(kind: string, id: string) => string} act.label what `first` would do
   * @param {(line: string) => void} act.say
   */
  constructor(act) {
    this.#act = act;
    this.#panel.addEventListener("click", ({ target }) => {
      const { kind = "", id = "", line, more } = (target instanceof Element && target.closest("button")?.dataset) || {};
      if (line) act.say(line);
      else if (more && target instanceof Element) act.more(kind, id, target);
      else if (kind) act.first(kind, id);
    });
  }

  /** @param {import("./state.js").State} state */
  show(state) {
    const { carried, worn, load } = state;
    const wornRows = worded(worn).map((thing) => ({ ...thing, kind: "worn", note: [SLOTS[thing.slot ?? ""] ?? thing.slot, thing.state].filter(Boolean).join(", ") }));
    const carriedRows = worded(carried ?? []).map((thing) => ({ ...thing, kind: "thing", note: thing.state ?? "" }));
    const lying = lyingIn(state).map((thing) => ({ ...thing, kind: "lying" }));
    const standing = standingIn(state).map((one) => ({ ...one, kind: "stand", note: one.locked ? "locked" : one.closed ? "closed" : "" }));
    this.#wornTitle.hidden = worn.length === 0;
    this.#fill(this.#worn, wornRows, "");
    this.#fill(this.#carried, carriedRows, carried === null ? "…" : "Nothing.");
    this.#fill(this.#here, [...lying, ...standing], "Nothing lies here.");
    this.#all.hidden = lying.length < 2;
    setText(this.#load, load === null ? "" : loadText(load));
    setText(this.#count, lying.length === 0 ? "" : ` · ${lying.length}`);
  }

  /**
   * @param {HTMLElement} list
   * @param {Row[]} rows
   * @param {string} none
   */
  #fill(list, rows, none) {
    const at = [...list.querySelectorAll("button")].findIndex((one) => one === document.activeElement);
    list.replaceChildren(...rows.map((row) => this.#item(row)));
    if (rows.length === 0 && none !== "") list.append(make("li", "none", none));
    // What was just taken is gone from the list; the keyboard goes on with the next.
    if (at >= 0) (list.querySelectorAll("button")[at] ?? this.#panel.querySelector("button"))?.focus();
  }

  /** @param {Row} row */
  #item({ kind, id, name, quantity = 1, note, word, inside }) {
    const item = make("li", "thing");
    const title = make("span", "thing-name", quantity > 1 ? `${name} (${quantity})` : name);
    if (note) title.append(" ", make("span", "note", note));
    const deed = this.#act.label(kind, id);
    const [first, more] = [button("small", deed, `${deed} ${name}`), button("small more", "…", `More with ${name}`)];
    more.dataset.more = "yes";
    more.setAttribute("aria-haspopup", "menu");
    for (const one of [first, more]) Object.assign(one.dataset, { kind, id });
    item.append(title, first, more);
    if (inside?.length) item.append(insideList(inside, word));
    return item;
  }
}

/**
 * @param {{name: string, quantity: number}[]} inside
 * @param {string} container
 */
function insideList(inside, container) {
  const list = make("ul", "inside");
  list.setAttribute("aria-label", `In ${container}`);
  for (const { name, quantity, word } of worded(inside)) {
    const item = make("li", "thing");
    const out = button("small", "Take out", `Take out ${name}`);
    out.dataset.line = `get ${word} from ${container}`;
    item.append(make("span", "thing-name", quantity > 1 ? `${name} (${quantity})` : name), out);
    list.append(item);
  }
  return list;
}

/**
 * @param {string} look
 * @param {string} text
 * @param {string} name for those who hear it
 */
function button(look, text, name) {
  const element = make("button", look, text);
  element.type = "button";
  element.setAttribute("aria-label", name);
  return element;
}
