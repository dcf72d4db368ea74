// New tokens for those that have run out, one window of a browser at a time.

import * as account from "./account.js";

/** @typedef {import("./identity.js").Identity} Identity */

/**
 * Who somebody is with a token that is good again. Another window of this browser may have a newer
 * one, or the server gives one; else it fails, and it takes a password.
 * @param {Identity} was
 * @param {import("./identity.js").IdentityStore} identities
 * @returns {Promise<Identity>}
 */
export function renewed(was, identities) {
  return oneAtATime(async () => {
    const lasting = identities.known();
    const isNewer = lasting !== null && lasting.characterId === was.characterId && lasting.token !== was.token;
    if (isNewer) return lasting;
    const fresh = { ...was, ...(await tokensFor(was)) };
    // Before anything else: the one of before is used up.
    identities.remember(fresh);
    return fresh;
  });
}

/**
 * A refresh token works once, whichever window of this browser shows it.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function oneAtATime(work) {
  // Only over HTTPS and on loopback has a page locks.
  return navigator.locks === undefined ? work() : navigator.locks.request("kadath.refresh", work);
}

/** @param {Identity} was */
async function tokensFor({ refreshToken }) {
  if (refreshToken === "") throw new account.AccountError("token_expired", "");
  const { token, refreshToken: next } = await account.refresh(refreshToken);
  return { token, refreshToken: next };
}

/** @param {Identity} was whose tokens are all used up */
export function farewellTo({ isGuest, characterName }) {
  return isGuest
    ? `${characterName} was a guest and has moved on. Play as a new guest, or register to keep a character.`
    : `Please sign in again to play ${characterName}.`;
}
