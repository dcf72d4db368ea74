// Who we are between two visits. A token names an account or a guest; without it a guest is gone.
//
// `localStorage` offers the character again on the next visit. `sessionStorage` says that this
// window was playing, so that a reload goes straight back in, and as the same character even
// when another window has signed in as someone else.

/**
 * @typedef {{token: string, refreshToken: string, username: string, isGuest: boolean, characterId: string,
 *   characterName: string}} Identity `refreshToken` is empty where the server gives none
 */

const KEY = "kadath.identity";

export class IdentityStore {
  #lasting;
  #window;

  /**
   * Takes the ways to the storages, not the storages: where they are forbidden, asking throws.
   * @param {() => Storage} lasting
   * @param {() => Storage} window
   */
  constructor(lasting, window) {
    this.#lasting = lasting;
    this.#window = window;
  }

  /** The character this window was playing before a reload, if any. */
  playing() {
    return read(this.#window);
  }

  /** The character last played in this browser, if any. */
  known() {
    return read(this.#lasting);
  }

  /** @param {Identity} identity */
  remember(identity) {
    write(this.#lasting, identity);
    write(this.#window, identity);
  }

  /** This window no longer plays; the character is still offered at the door. */
  leave() {
    write(this.#window, null);
  }

  /**
   * Forgets a character whose token is of no more use; another one remembered meanwhile stays.
   * @param {Identity} identity
   */
  forget({ token }) {
    write(this.#window, null);
    if (read(this.#lasting)?.token === token) write(this.#lasting, null);
  }
}

/**
 * Storage may be switched off or full of something older; then we simply know nobody.
 * @param {() => Storage} storage
 * @returns {Identity | null}
 */
function read(storage) {
  try {
    const value = JSON.parse(storage().getItem(KEY) ?? "null");
    const isKnown = typeof value?.token === "string" && typeof value.characterName === "string";
    return isKnown ? { refreshToken: "", ...value } : null;
  } catch {
    return null;
  }
}

/**
 * @param {() => Storage} storage
 * @param {Identity | null} identity
 */
function write(storage, identity) {
  try {
    if (identity === null) storage().removeItem(KEY);
    else storage().setItem(KEY, JSON.stringify(identity));
  } catch {
    // Private windows refuse storage; the player can still play, only not come back.
  }
}
