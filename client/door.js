// The first screen: play as a guest, come back, sign in, register.
//
// However one comes in, the door ends with one call: `enter(identity)`.

import * as account from "./account.js";
import { byId, make, setText } from "./dom.js";
import { Maker } from "./maker.js";

/** @typedef {import("./identity.js").Identity} Identity */

export class Door {
  #screen = byId("door", HTMLElement);
  #notice = byId("door-notice", HTMLElement);
  #guest = byId("guest", HTMLButtonElement);
  #continue = byId("continue", HTMLButtonElement);
  #forget = byId("forget", HTMLButtonElement);
  #accounts = byId("accounts", HTMLElement);
  #signIn = byId("signin-form", HTMLFormElement);
  #register = byId("register-form", HTMLFormElement);
  #create = byId("character-form", HTMLFormElement);
  #choice = byId("character-choice", HTMLElement);
  #maker = new Maker({ roll: () => this.#try(() => this.#reroll(), this.#create) });
  #enter;
  /** Signed in, but without a character yet. @type {{token: string, username: string} | null} */ #visitor = null;

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
  }

  /**
   * @param {Identity | null} known whom to offer to come back as
   * @param {string} [notice] why the player stands at the door again
   */
  show(known, notice = "") {
    this.#screen.hidden = false;
    this.#guest.parentElement?.before(this.#notice);
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

  /** Takes the door out of sight, passwords with it. */
  hide() {
    this.#screen.hidden = true;
    for (const form of [this.#signIn, this.#register, this.#create]) form.reset();
  }

  async #asGuest() {
    const { token, characters } = await account.guest();
    const [character] = characters;
    if (character === undefined) throw new account.AccountError("internal_error", "The guest has no character.");
    this.#play({ token, username: "", isGuest: true }, character);
  }

  /**
   * @param {string} username
   * @param {string} password
   */
  async #bySignIn(username, password) {
    const { token, characters } = await account.signIn(username, password);
    this.#visitor = { token, username };
    const [first, ...others] = characters;
    if (first === undefined) await this.#askForCharacter("");
    else if (others.length === 0) this.#play({ token, username, isGuest: false }, first);
    else this.#offerChoice(characters);
  }

  /**
   * @param {string} username
   * @param {string} password
   * @param {string} name
   * @param {string} inviteCode
   */
  async #byRegister(username, password, name, inviteCode) {
    const { token, characters } = await account.register(username, password, inviteCode);
    this.#visitor = { token, username };
    const [ready] = characters;
    if (ready !== undefined) {
      this.#play({ token, username, isGuest: false }, ready);
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
    // Signing in or registering once more would only refuse the name that was just taken.
    this.#accounts.hidden = true;
    this.#maker.show([], name);
    this.#create.querySelector("button[type=submit]")?.before(this.#notice);
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
   * @param {{token: string, username: string, isGuest: boolean}} owner
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
    (form?.querySelector("button[type=submit]") ?? this.#guest.parentElement)?.before(this.#notice);
    markField(form, undefined);
    try {
      await work();
    } catch (error) {
      this.#notify(error instanceof Error ? error.message : "Something went wrong.");
      if (error instanceof account.AccountError) markField(form, error.field);
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

/**
 * A field as it was typed, a password to the last blank.
 * @param {FormData} data
 * @param {string} name
 */
function fieldText(data, name) {
  const value = data.get(name);
  if (typeof value !== "string") return "";
  return name === "password" ? value : value.trim();
}

/**
 * Marks the field at fault and puts the cursor there; every other mark goes.
 * @param {HTMLFormElement | undefined} form
 * @param {string | undefined} name
 */
function markField(form, name) {
  for (const input of form?.querySelectorAll("input") ?? []) {
    // The API calls a character's name `name`; the form calls it `character`.
    const isAtFault = name !== undefined && (input.name === name || (name === "name" && input.name === "character"));
    input.removeAttribute("aria-describedby");
    input.removeAttribute("aria-invalid");
    if (!isAtFault) continue;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", "door-notice");
    input.focus();
  }
}
