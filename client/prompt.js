// The line the player types on, with its history and its walking keys.

import { lineForKey } from "./directions.js";
import { byId } from "./dom.js";
import { History } from "./history.js";

export class Prompt {
  #form = byId("prompt", HTMLFormElement);
  #input = byId("command", HTMLInputElement);
  #history = new History();
  /** Beginning of the whisper put here last; names may have blanks, so it cannot be guessed. */ #prefix = "";
  /** The line sent last from here. */ #typed = "";
  #say;

  /** @param {(line: string) => void} say */
  constructor(say) {
    this.#say = say;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("keydown", (event) => this.#catch(event));
  }

  /** Puts the cursor here, unless that would raise a keyboard over half the screen. */
  focus() {
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) this.#input.focus();
  }

  /**
   * Begins a whisper. What was already typed becomes its words.
   * @param {string} name
   */
  address(name) {
    const typed = this.#input.value;
    const isWhisper = this.#prefix !== "" && typed.startsWith(this.#prefix);
    const words = isWhisper ? typed.slice(this.#prefix.length) : typed;
    this.#prefix = `whisper ${name} `;
    this.#show(this.#prefix + words);
    this.#input.focus();
  }

  /**
   * Puts back what was typed and refused, unless something else is being typed meanwhile.
   * @param {string} line
   */
  giveBack(line) {
    if (this.#input.value === "" && line === this.#typed) this.#show(line);
  }

  #submit() {
    const line = this.#input.value.trim();
    this.#show("");
    this.#history.reset();
    if (line === "") return;
    this.#history.add(line);
    this.#typed = line;
    this.#say(line);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes a word, the keys belong to it.
    if (event.isComposing) return;
    const walk = lineForKey(event, this.#input.value === "");
    if (walk !== null) this.#say(walk);
    else if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    else if (event.key === "ArrowUp") this.#show(this.#history.older(this.#input.value));
    else if (event.key === "ArrowDown") this.#show(this.#history.newer(this.#input.value));
    else if (event.key === "Escape") this.#clear();
    else return;
    event.preventDefault();
  }

  /**
   * Typing goes to the line, wherever the reader has clicked; only fields and buttons keep their keys.
   * @param {KeyboardEvent} event
   */
  #catch({ key, target, isComposing, altKey, ctrlKey, metaKey }) {
    if (key.length !== 1 || key === " " || isComposing || altKey || ctrlKey || metaKey) return;
    if (this.#form.closest("[hidden]") !== null) return;
    if (target instanceof Element && target.closest("input, select, textarea, button, summary") !== null) return;
    this.#input.focus();
  }

  #clear() {
    this.#show("");
    this.#history.reset();
  }

  /** @param {string} text */
  #show(text) {
    this.#input.value = text;
    this.#input.setSelectionRange(text.length, text.length);
  }
}
