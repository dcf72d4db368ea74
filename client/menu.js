// What can be done with somebody or something, as a menu where they were pressed.

import { byId, make } from "./dom.js";

/** @typedef {{label: string, act: () => void}} Choice */

export class Menu {
  #root = byId("menu", HTMLElement);
  /** @type {Element | null} */ #anchor = null;
  /** @type {Choice[]} */ #choices = [];

  constructor() {
    this.#root.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      const choice = this.#choices[button === null ? -1 : this.#buttons().indexOf(button)];
      if (choice === undefined) return;
      this.close();
      choice.act();
    });
    this.#root.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !this.#root.contains(target)) this.close();
    });
    addEventListener("resize", () => this.close());
  }

  /**
   * @param {Element} anchor where it opens, and where the focus goes back to
   * @param {string} title
   * @param {Choice[]} choices
   */
  open(anchor, title, choices) {
    this.#anchor = anchor;
    this.#choices = choices;
    this.#root.setAttribute("aria-label", title);
    const items = choices.map(({ label }) => {
      const item = make("button", "", label);
      item.type = "button";
      item.tabIndex = -1;
      item.setAttribute("role", "menuitem");
      return item;
    });
    this.#root.replaceChildren(...items);
    this.#root.hidden = false;
    const { left, top, bottom } = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#root;
    const isAbove = bottom + height > innerHeight;
    this.#root.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
    this.#root.style.top = `${Math.max(4, isAbove ? top - height : bottom)}px`;
    items[0]?.focus();
  }

  close() {
    if (this.#root.hidden) return;
    const hadFocus = this.#root.contains(document.activeElement);
    this.#root.hidden = true;
    // Where it opened may have been drawn anew meanwhile.
    const back = this.#anchor?.isConnected ? this.#anchor : byId("log", HTMLElement);
    if (hadFocus && back instanceof HTMLElement) back.focus();
  }

  /** @returns {Element[]} */
  #buttons() {
    return [...this.#root.children];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = /** @type {HTMLElement[]} */ (this.#buttons());
    const at = items.findIndex((item) => item === document.activeElement);
    if (event.key === "Escape" || event.key === "Tab") this.close();
    else if (event.key === "ArrowDown") items[(at + 1) % items.length]?.focus();
    else if (event.key === "ArrowUp") items[(at - 1 + items.length) % items.length]?.focus();
    else return;
    event.preventDefault();
  }
}
