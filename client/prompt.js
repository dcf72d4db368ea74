// The line the player types on: its history, what it may become, its walking keys.

import { complete, Suggestions } from "./completion.js";
import { lineForKey } from "./directions.js";
import { byId } from "./dom.js";
import { History } from "./history.js";

export class Prompt {
  #form = byId("prompt", HTMLFormElement);
  #input = byId("command", HTMLInputElement);
  #history = new History();
  #suggestions = new Suggestions((line) => {
    this.#show(line);
    this.#suggest();
    this.#input.focus();
  });
  /** Beginning of the whisper put here last; names may have blanks, so it cannot be guessed. */ #prefix = "";
  /** The line sent last from here. */ #typed = "";
  #act;
  #drafts;
  #store;
  #character = "";

  /**
   * @param {object} act
   * @param {(line: string) => void} act.say
   * @param {() => void} act.stop whatever goes on by itself
   * @param {() => import("./completion.js").Known} act.known
   * @param {import("./store.js").Store} store for the lines typed before
   * @param {import("./store.js").Store} drafts for the one being typed
   */
  constructor(act, store, drafts) {
    this.#act = act;
    this.#store = store;
    this.#drafts = drafts;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("input", () => this.#suggest());
    this.#input.addEventListener("blur", () => this.#suggestions.show([]));
    document.addEventListener("keydown", (event) => this.#catch(event));
    addEventListener("pagehide", () => this.#keep());
  }

  /**
   * Goes on with what a character typed before in this browser.
   * @param {string} characterId
   */
  begin(characterId) {
    this.#character = characterId;
    this.#history.restore(this.#store.read(`typed.${characterId}`));
    const draft = this.#drafts.read("draft");
    this.#show(draft?.of === characterId && typeof draft.line === "string" ? draft.line : "");
  }

  /** Leaves nothing of this character in the browser. */
  forget() {
    this.#store.write(`typed.${this.#character}`, null);
    this.#history.restore([]);
    this.#show("");
    this.#keep();
  }

  /**
   * Puts the cursor here, unless that would raise a keyboard over half the screen.
   * @param {boolean} [hasKeys] there is a real keyboard
   */
  focus(hasKeys = matchMedia("(hover: hover) and (pointer: fine)").matches) {
    if (hasKeys) this.#input.focus();
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
   * Begins a line that the player goes on with.
   * @param {string} line
   */
  start(line) {
    this.#show(line);
    this.#input.focus();
  }

  /**
   * Puts back what was typed and refused, unless something else is being typed meanwhile.
   * @param {string} line
   */
  giveBack(line) {
    if (this.#input.value === "" && line === this.#typed) this.#show(line);
  }

  /** More is known of what a line may become. */
  refresh() {
    if (document.activeElement === this.#input) this.#suggest();
  }

  #submit() {
    const line = this.#input.value.trim();
    this.#show("");
    this.#suggestions.show([]);
    this.#history.reset();
    if (line === "") return;
    this.#history.add(line);
    this.#store.write(`typed.${this.#character}`, this.#history.lines);
    this.#typed = line;
    this.#act.say(line);
  }

  #keep() {
    const line = this.#input.value;
    this.#drafts.write("draft", line === "" ? null : { of: this.#character, line });
  }

  #suggest() {
    this.#suggestions.show(complete(this.#input.value, this.#act.known()));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // While an input method composes a word, the keys belong to it.
    if (event.isComposing) return;
    const walk = lineForKey(event, this.#input.value === "");
    if (walk !== null) this.#act.say(walk);
    else if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    else if (event.key === "ArrowUp") this.#show(this.#history.older(this.#input.value));
    else if (event.key === "ArrowDown") this.#show(this.#history.newer(this.#input.value));
    else if (event.key === "Escape") this.#escape();
    // With nothing to complete, Tab goes on to the next part of the page.
    else if (event.key !== "Tab" || !this.#completes()) return;
    event.preventDefault();
  }

  /** Takes what is offered; pressed again, the next of it. */
  #completes() {
    if (!this.#suggestions.isOpen) return false;
    const choice = this.#suggestions.next();
    if (choice !== undefined) this.#show(choice.line);
    return true;
  }

  /**
   * Typing goes to the line, wherever the reader has clicked; only fields and buttons keep their keys.
   * @param {KeyboardEvent} event
   */
  #catch({ key, target, isComposing, altKey, ctrlKey, metaKey }) {
    if (key.length !== 1 || key === " " || isComposing || altKey || ctrlKey || metaKey) return;
    if (this.#form.closest("[hidden]") !== null) return;
    if (target instanceof Element && target.closest("input, select, textarea, button, summary, [role=menu]") !== null) return;
    this.#input.focus();
  }

  #escape() {
    this.#act.stop();
    if (this.#suggestions.isOpen) {
      this.#suggestions.show([]);
      return;
    }
    this.#show("");
    this.#history.reset();
  }

  /** @param {string} text */
  #show(text) {
    this.#input.value = text;
    this.#input.setSelectionRange(text.length, text.length);
  }
}
