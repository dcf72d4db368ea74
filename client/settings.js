// How a player wants the page: kept in this browser, shown as attributes of the root for the style sheet.

import { byId } from "./dom.js";

/**
 * @typedef {object} Settings
 * @property {string} size of letters, in percent
 * @property {string} font
 * @property {string} theme
 * @property {string} density
 * @property {string} fights whether a round is told by its blows or in one line
 * @property {boolean} echo whether own lines stand in the log
 * @property {boolean} motion
 * @property {boolean} times
 * @property {boolean} talk whether words that are no command are said on the chosen channel
 */

/** @type {Readonly<Settings>} */
export const DEFAULTS = {
  size: "100",
  font: "serif",
  theme: "auto",
  density: "roomy",
  fights: "blows",
  echo: true,
  motion: true,
  times: false,
  talk: false,
};

/**
 * What was kept, as far as it means anything today.
 * @param {any} kept
 * @param {(name: string, value: string) => boolean} isOffered whether a choice has this value
 * @returns {Settings}
 */
export function settingsFrom(kept, isOffered) {
  /** @type {Record<string, unknown>} */
  const settings = { ...DEFAULTS };
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    const value = kept?.[name];
    if (typeof value !== typeof standard) continue;
    if (typeof value === "boolean" || isOffered(name, value)) settings[name] = value;
  }
  return /** @type {Settings} */ (/** @type {unknown} */ (settings));
}

export class SettingsPanel {
  #form = byId("settings", HTMLFormElement);
  #changed;
  #store;

  /**
   * @param {import("./store.js").Store} store
   * @param {(settings: Settings) => void} changed called at once, too
   */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
    const kept = settingsFrom(store.read("settings"), (name, value) => {
      const field = this.#form.elements.namedItem(name);
      return field instanceof HTMLSelectElement && [...field.options].some((option) => option.value === value);
    });
    for (const [name, value] of Object.entries(kept)) {
      const field = this.#form.elements.namedItem(name);
      if (field instanceof HTMLSelectElement) field.value = String(value);
      else if (field instanceof HTMLInputElement) field.checked = value === true;
    }
    this.#form.addEventListener("change", () => {
      this.#store.write("settings", this.now);
      this.#show();
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#show();
  }

  /** @returns {Settings} */
  get now() {
    /** @type {Partial<Record<string, any>>} */
    const now = {};
    for (const name of Object.keys(DEFAULTS)) {
      const field = this.#form.elements.namedItem(name);
      if (field instanceof HTMLSelectElement) now[name] = field.value;
      else if (field instanceof HTMLInputElement) now[name] = field.checked;
    }
    return { ...DEFAULTS, ...now };
  }

  #show() {
    const settings = this.now;
    const root = document.documentElement;
    root.style.fontSize = settings.size === "100" ? "" : `${settings.size}%`;
    for (const [name, value] of Object.entries(settings)) {
      root.dataset[name] = typeof value === "boolean" ? (value ? "on" : "off") : value;
    }
    this.#changed(settings);
  }
}
