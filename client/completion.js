// What a half-typed line may become: verbs as the world tells of them, and names of what is here.

import { byId, make } from "./dom.js";

/**
 * @typedef {{words: string[], usage: string}} Verb
 * @typedef {{line: string, label: string, hint: string}} Choice `line` is what the prompt then holds
 * @typedef {{verbs: readonly Verb[], names: readonly string[]}} Known names of people, things and ways out
 */

/** More are not offered: they could not be looked through faster than typed. */
const CHOICES_MAX = 6;

/**
 * @param {string} typed
 * @param {Known} known
 * @returns {Choice[]}
 */
export function complete(typed, { verbs, names }) {
  const begun = typed.trimStart();
  if (begun === "") return [];
  const blank = begun.lastIndexOf(" ");
  const choices = blank < 0 ? verbChoices(begun.toLowerCase(), verbs) : nameChoices(begun, blank, names);
  return choices.filter(({ line }) => line.trimEnd() !== typed.trimEnd()).slice(0, CHOICES_MAX);
}

/**
 * @param {string} begun
 * @param {readonly Verb[]} verbs
 * @returns {Choice[]}
 */
function verbChoices(begun, verbs) {
  const found = verbs.flatMap(({ words, usage }) => {
    const word = words.find((one) => one.startsWith(begun));
    return word === undefined ? [] : [{ line: `${word} `, label: word, hint: usage }];
  });
  return found.sort((a, b) => a.label.length - b.label.length || a.label.localeCompare(b.label));
}

/**
 * @param {string} typed
 * @param {number} blank where the last word begins
 * @param {readonly string[]} names
 * @returns {Choice[]}
 */
function nameChoices(typed, blank, names) {
  const [before, begun] = [typed.slice(0, blank + 1), typed.slice(blank + 1).toLowerCase()];
  if (begun === "") return [];
  const found = [...new Set(names)].filter((name) => name.toLowerCase().startsWith(begun));
  return found.map((name) => ({ line: `${before}${name} `, label: name, hint: "" }));
}

export class Suggestions {
  #list = byId("suggestions", HTMLElement);
  #input = byId("command", HTMLInputElement);
  #take;
  /** @type {Choice[]} */ #choices = [];
  #at = 0;

  /** @param {(line: string) => void} take puts a line into the prompt */
  constructor(take) {
    this.#take = take;
    // Before the field loses its focus, or a keyboard on the screen would go and come.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => {
      const option = target instanceof Element ? target.closest("[role=option]") : null;
      const choice = this.#choices[option === null ? -1 : [...this.#list.children].indexOf(option)];
      if (choice !== undefined) this.#take(choice.line);
    });
  }

  get isOpen() {
    return this.#choices.length > 0;
  }

  /**
   * @param {Choice[]} choices
   * @param {number} [at] which one Tab takes
   */
  show(choices, at = 0) {
    this.#choices = choices;
    this.#at = at;
    this.#list.replaceChildren(...choices.map(option));
    this.#list.hidden = choices.length === 0;
    this.#input.setAttribute("aria-expanded", String(choices.length > 0));
    if (choices.length === 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#point();
  }

  /** The choice that is pointed at; the next time it is the one after it. */
  next() {
    const choice = this.#choices[this.#at];
    this.#point();
    this.#at = (this.#at + 1) % Math.max(this.#choices.length, 1);
    return choice;
  }

  #point() {
    for (const [index, one] of [...this.#list.children].entries()) one.setAttribute("aria-selected", String(index === this.#at));
    this.#input.setAttribute("aria-activedescendant", `choice-${this.#at}`);
    this.#list.children[this.#at]?.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {Choice} choice
 * @param {number} index
 */
function option({ label, hint }, index) {
  const item = make("li", "choice");
  item.id = `choice-${index}`;
  item.setAttribute("role", "option");
  item.append(make("span", "word", label));
  if (hint !== "") item.append(make("span", "hint", hint));
  return item;
}
