// Looks for words in the log, and writes it out.

import { byId, make, setText } from "./dom.js";
import { asText } from "./scrollback.js";
import { counted } from "./words.js";

export class Find {
  #form = byId("find", HTMLFormElement);
  #words = byId("find-words", HTMLInputElement);
  #found = byId("find-found", HTMLElement);
  #button = byId("find-open", HTMLButtonElement);
  #log = byId("log", HTMLElement);

  /**
   * @param {object} act
   * @param {() => import("./scrollback.js").Line[]} act.lines
   * @param {() => void} act.leave where somebody with a keyboard goes on
   */
  constructor(act) {
    this.#button.addEventListener("click", () => {
      if (this.#form.hidden) this.#open();
      else this.clear();
    });
    this.#words.addEventListener("input", () => this.#search());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.clear();
      act.leave();
    });
    byId("find-export", HTMLButtonElement).addEventListener("click", () => download(asText(act.lines())));
  }

  /** Every line is shown again. */
  clear() {
    this.#form.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    this.#form.reset();
    this.#search();
  }

  #open() {
    this.#form.hidden = false;
    this.#button.setAttribute("aria-expanded", "true");
    this.#words.focus();
  }

  #search() {
    const wanted = this.#words.value.trim().toLowerCase();
    let found = 0;
    for (const entry of this.#log.children) {
      const isFound = wanted === "" || (entry.textContent ?? "").toLowerCase().includes(wanted);
      entry.toggleAttribute("hidden", !isFound);
      // Lines of another tab are not to be seen either way.
      if (isFound && entry.checkVisibility()) found += 1;
    }
    setText(this.#found, wanted === "" ? "" : counted(found, "line"));
    this.#log.scrollTop = this.#log.scrollHeight;
  }
}

/** @param {string} text */
function download(text) {
  const link = make("a", "");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = `log-${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  // The browser reads it a moment later.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
