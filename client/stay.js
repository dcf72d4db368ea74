// A guest's stay: keeping the character, and not losing it by mistake.

import { AccountError, claim } from "./account.js";
import { byId, setText } from "./dom.js";
import { fieldText, markField, revealPasswords } from "./forms.js";

/** @typedef {import("./identity.js").Identity} Identity */

export class Stay {
  #keep = byId("keep", HTMLButtonElement);
  #form = byId("keep-form", HTMLFormElement);
  #invite = byId("keep-invite", HTMLElement);
  #notice = byId("keep-notice", HTMLElement);
  #logout = byId("logout", HTMLButtonElement);
  #question = byId("leave", HTMLElement);
  #words = byId("leave-words", HTMLElement);
  #act;
  /** @type {Identity | null} */ #identity = null;

  /**
   * @param {object} act
   * @param {(identity: Identity) => void} act.kept the guest has a name and a password now
   * @param {() => void} act.leave log out
   */
  constructor(act) {
    this.#act = act;
    this.#keep.addEventListener("click", () => this.offer());
    byId("leave-keep", HTMLButtonElement).addEventListener("click", () => this.offer());
    byId("keep-later", HTMLButtonElement).addEventListener("click", () => this.#close());
    byId("leave-stay", HTMLButtonElement).addEventListener("click", () => this.#close());
    byId("leave-go", HTMLButtonElement).addEventListener("click", () => this.#act.leave());
    this.#logout.addEventListener("click", () => this.#askToLeave());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#claim();
    });
    revealPasswords(this.#form);
  }

  /**
   * @param {Identity} identity
   * @param {boolean} needsInvite
   */
  begin(identity, needsInvite) {
    this.#identity = identity;
    this.#invite.hidden = !needsInvite;
    setText(this.#keep, `Keep ${identity.characterName}`);
    this.#close();
  }

  /** Opens the form that makes a guest an account. */
  offer() {
    this.#question.hidden = true;
    this.#keep.hidden = true;
    this.#form.hidden = false;
    this.#notice.hidden = true;
    this.#form.querySelector("input")?.focus();
  }

  #close() {
    this.#form.hidden = true;
    this.#form.reset();
    this.#question.hidden = true;
    this.#logout.hidden = false;
    this.#keep.hidden = this.#identity?.isGuest !== true;
  }

  #askToLeave() {
    if (this.#identity?.isGuest !== true) {
      this.#act.leave();
      return;
    }
    const name = this.#identity.characterName;
    setText(this.#words, `${name} is a guest. Who logs out as a guest can't come back: ${name} would be gone for good.`);
    this.#close();
    this.#logout.hidden = true;
    this.#keep.hidden = true;
    this.#question.hidden = false;
    byId("leave-keep", HTMLButtonElement).focus();
  }

  async #claim() {
    const identity = this.#identity;
    if (identity === null || this.#form.getAttribute("aria-busy") === "true") return;
    const data = new FormData(this.#form);
    const username = fieldText(data, "username");
    this.#form.setAttribute("aria-busy", "true");
    markField(this.#form, undefined, this.#notice.id);
    try {
      const made = await claim(identity.token, username, fieldText(data, "password"), fieldText(data, "invite"));
      this.#act.kept({ ...identity, username, isGuest: false, token: made.token, refreshToken: made.refreshToken });
    } catch (error) {
      setText(this.#notice, error instanceof Error ? error.message : "Something went wrong.");
      this.#notice.hidden = false;
      if (error instanceof AccountError) markField(this.#form, error.field, this.#notice.id);
    } finally {
      this.#form.removeAttribute("aria-busy");
    }
  }
}
