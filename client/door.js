// The first screen: play as a guest, come back, sign in, register.
//
// However one comes in, the door ends with one call: `enter(identity)`.

import * as account from "./account.js";
import { byId, make, setText } from "./dom.js";
import { fieldText, markField, revealPasswords } from "./forms.js";
import { Maker } from "./maker.js";
import { counted } from "./words.js";

/**
 * @typedef {import("./identity.js").Identity} Identity
 * @typedef {{token: string, refreshToken: string, username: string}} Owner
 */

export class Door {
  #screen = byId("door", HTMLElement);
  #notice = byId("door-notice", HTMLElement);
  #now = byId("door-now", HTMLElement);
  #waysIn = byId("ways-in", HTMLElement);
  #guest = byId("guest", HTMLButtonElement);
  #guestHint = byId("guest-hint", HTMLElement);
  #invite = byId("invite-line", HTMLElement);
  #continue = byId("continue", HTMLButtonElement);
  #forget = byId("forget", HTMLButtonElement);
  #accounts = byId("accounts", HTMLElement);
  #signIn = byId("signin-form", HTMLFormElement);
  #register = byId("register-form", HTMLFormElement);
  #create = byId("character-form", HTMLFormElement);
  #choice = byId("character-choice", HTMLElement);
  #maker = new Maker({ roll: () => this.#try(() => this.#reroll(), this.#create) });
  #enter;
  /** Signed in, but without a character yet. @type {Owner | null} */ #visitor = null;

  /**
   * @param {{enter: (identity: Identity) => void, resume: () => void, forget: () => void}} act
   */
  constructor({ enter, resume, forget }) {
    this.#enter = enter;
    this.#guest.addEventListener("click", () => this.#try(() => this.#asGuest()));
    this.#continue.addEventListener("click", resume);
    this.#forget.addEventListener("click", forget);
    this.#onSubmit(this.#signIn, (field) => this.#bySignIn(field("username"), field("password")));
    this.#onSubmit(this.#register, (field) =>
      this.#byRegister(field("username"), field("password"), field("character"), field("invite")),
    );
    this.#onSubmit(this.#create, (field) => this.#withNewCharacter(field("character")));
    for (const form of [this.#signIn, this.#register]) revealPasswords(form);
  }

  /**
   * @param {Identity | null} known whom to offer to come back as
   * @param {string} [notice] why the player stands at the door again
   */
  show(known, notice = "") {
    this.#screen.hidden = false;
    this.#screen.dataset.step = "";
    this.#waysIn.before(this.#notice);
    this.#notify(notice);
    this.#visitor = null;
    this.#create.hidden = true;
    this.#accounts.hidden = false;
    this.#choice.hidden = true;
    this.#continue.hidden = known === null;
    this.#forget.hidden = known === null;
    if (known === null) return;
    setText(this.#continue, `Continue as ${known.characterName}`);
    setText(this.#forget, `Forget ${known.characterName} in this browser`);
  }

  /**
   * Shows who is there, and offers only what the server allows.
   * @param {account.World} world
   */
  describe({ guests, invites, registration, playersOnline, time }) {
    this.#guest.hidden = !guests;
    this.#guestHint.hidden = !guests;
    this.#invite.hidden = !invites;
    this.#invite.querySelector("input")?.toggleAttribute("required", invites);
    this.#register.hidden = !registration;
    this.#now.hidden = time === "" && playersOnline === 0;
    const awake = playersOnline === 0 ? "Nobody is awake yet." : `${counted(playersOnline, "soul")} awake.`;
    setText(this.#now, [time, awake].filter(Boolean).join(" "));
  }

  /** Takes the door out of sight, passwords with it. */
  hide() {
    this.#screen.hidden = true;
    for (const form of [this.#signIn, this.#register, this.#create]) form.reset();
  }

  async #asGuest() {
    const { token, refreshToken, characters } = await account.guest();
    const [character] = characters;
    if (character === undefined) throw new account.AccountError("internal_error", "The guest has no character.");
    this.#play({ token, refreshToken, username: "", isGuest: true }, character);
  }

  /**
   * @param {string} username
   * @param {string} password
   */
  async #bySignIn(username, password) {
    const { token, refreshToken, characters } = await account.signIn(username, password);
    const owner = { token, refreshToken, username };
    this.#visitor = owner;
    const [first, ...others] = characters;
    if (first === undefined) await this.#askForCharacter("");
    else if (others.length === 0) this.#play({ ...owner, isGuest: false }, first);
    else this.#offerChoice(characters);
  }

  /**
   * @param {string} username
   * @param {string} password
   * @param {string} name
   * @param {string} inviteCode
   */
  async #byRegister(username, password, name, inviteCode) {
    const { token, refreshToken, characters } = await account.register(username, password, inviteCode);
    const owner = { token, refreshToken, username };
    this.#visitor = owner;
    const [ready] = characters;
    if (ready !== undefined) {
      this.#play({ ...owner, isGuest: false }, ready);
      return;
    }
    await this.#askForCharacter(name);
  }

  /** @param {string} name */
  async #withNewCharacter(name) {
    if (this.#visitor === null) return;
    const { profession, rollId } = this.#maker;
    const character = await account.createCharacter(this.#visitor.token, name, { profession, rollId });
    this.#play({ ...this.#visitor, isGuest: false }, character);
  }

  async #reroll() {
    if (this.#visitor === null) return;
    this.#maker.showRoll(await account.roll(this.#visitor.token, this.#maker.profession));
  }

  /** @param {string} name to begin with */
  async #askForCharacter(name) {
    // Any other way in would only throw away the account that was just made.
    this.#accounts.hidden = true;
    this.#screen.dataset.step = "making";
    this.#maker.show([], name);
    this.#create.querySelector(".deed")?.before(this.#notice);
    this.#maker.show(await account.professions(), name);
    await this.#reroll();
  }

  /** @param {account.Character[]} characters */
  #offerChoice(characters) {
    const buttons = characters.map((character) => {
      const button = make("button", "wide", `Play ${character.name}`);
      button.type = "button";
      button.addEventListener("click", () => {
        if (this.#visitor) this.#play({ ...this.#visitor, isGuest: false }, character);
      });
      return button;
    });
    this.#choice.replaceChildren(make("h2", "", "Who will you be?"), ...buttons);
    this.#choice.hidden = false;
    buttons[0]?.focus();
  }

  /**
   * @param {Owner & {isGuest: boolean}} owner
   * @param {account.Character} character
   */
  #play(owner, { id, name }) {
    this.#enter({ ...owner, characterId: id, characterName: name });
  }

  /**
   * @param {HTMLFormElement} form
   * @param {(field: (name: string) => string) => Promise<void>} work
   */
  #onSubmit(form, work) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(form);
      this.#try(() => work((name) => fieldText(data, name)), form);
    });
  }

  /**
   * Does one thing at a time and says what went wrong.
   * @param {() => Promise<void>} work
   * @param {HTMLFormElement} [form]
   */
  async #try(work, form) {
    if (this.#screen.getAttribute("aria-busy") === "true") return;
    this.#screen.setAttribute("aria-busy", "true");
    this.#notify("");
    // On a phone the top of the page is out of sight: the refusal stands where the thumb is.
    (form?.querySelector(".deed, button[type=submit]") ?? this.#waysIn).before(this.#notice);
    markField(form, undefined, this.#notice.id);
    try {
      await work();
    } catch (error) {
      this.#notify(error instanceof Error ? error.message : "Something went wrong.");
      if (error instanceof account.AccountError) markField(form, error.field, this.#notice.id);
    } finally {
      this.#screen.removeAttribute("aria-busy");
    }
  }

  /** @param {string} text */
  #notify(text) {
    setText(this.#notice, text);
    this.#notice.hidden = text === "";
    if (text !== "") this.#notice.scrollIntoView({ block: "nearest" });
  }
}
