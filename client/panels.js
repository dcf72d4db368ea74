// Here, map, me, things: sheets on a phone, tabs in a column, all at once where there is room.

import { byId } from "./dom.js";

/** From this width on, one panel is always open; as in the style sheet. */
const COLUMN = "(min-width: 43.75rem)";

/** @typedef {"here" | "map" | "me" | "things"} Panel */

export class Panels {
  #desk = byId("desk", HTMLElement);
  #tabs = byId("tabs", HTMLElement);
  #column = matchMedia(COLUMN);
  /** @type {string} */ #open = "";

  constructor() {
    this.#tabs.addEventListener("click", ({ target }) => {
      const tab = target instanceof Element ? target.closest("button") : null;
      if (tab?.dataset.panel) this.#show(this.#shown() === tab.dataset.panel ? "" : tab.dataset.panel);
    });
    this.#column.addEventListener("change", () => this.#show(this.#open));
    this.#show("");
  }

  /** @param {Panel} panel */
  open(panel) {
    this.#show(panel);
  }

  /** Closes a sheet, so that the log has the screen. */
  close() {
    this.#show("");
  }

  #shown() {
    return this.#open === "" && this.#column.matches ? "here" : this.#open;
  }

  /** @param {string} panel */
  #show(panel) {
    this.#open = panel;
    const shown = this.#shown();
    this.#desk.dataset.open = shown;
    for (const tab of this.#tabs.querySelectorAll("button")) {
      tab.setAttribute("aria-expanded", String(tab.dataset.panel === shown));
    }
  }
}
