// Accounts and characters over HTTP.

import { withWait } from "./words.js";

/**
 * @typedef {{id: string, name: string}} Character
 * @typedef {{token: string, refreshToken: string, characters: Character[]}} SignedIn
 *   `refreshToken` gets a new token when this one has run out; empty where the server has none
 * @typedef {{guests: boolean, invites: boolean, registration: boolean, playersOnline: number, time: string}} World
 *   what a door must know before anybody signs in
 * @typedef {{id: string, name: string, description: string, requires: Record<string, number>,
 *   bonus: Record<string, number>, flavor_text?: string}} Profession
 * @typedef {{roll_id: string, profession: string | null, stats: Record<string, number>,
 *   meets_requirements: boolean}} Roll
 */

/** Longest wait for an answer, in milliseconds; a password takes the server a while to check. */
const ANSWER_WITHIN_MS = 20_000;

/** What the server, or the way to it, had against a request. */
export class AccountError extends Error {
  /**
   * @param {string} code from the server's catalogue, or `network_error`
   * @param {string} message
   * @param {string} [field] of the form that is wrong
   */
  constructor(code, message, field) {
    super(message);
    this.name = "AccountError";
    this.code = code;
    this.field = field;
  }
}

/** What a world is taken for that does not say: then the server refuses what it does not allow. */
export const WORLD_UNKNOWN = { guests: true, invites: true, registration: true, playersOnline: 0, time: "" };

/**
 * Who is welcome, and who is there.
 * @returns {Promise<World>}
 */
export async function world() {
  const answer = await ask("GET", "api/world", {}).catch(() => null);
  return {
    guests: answer?.guests ?? WORLD_UNKNOWN.guests,
    invites: answer?.invites ?? WORLD_UNKNOWN.invites,
    registration: answer?.registration ?? WORLD_UNKNOWN.registration,
    playersOnline: Number.isSafeInteger(answer?.players_online) ? answer.players_online : 0,
    time: typeof answer?.time === "string" ? answer.time : "",
  };
}

/** A new guest with a character ready to play. */
export function guest() {
  return signedIn("auth/guest", {});
}

/**
 * @param {string} username
 * @param {string} password
 */
export async function signIn(username, password) {
  try {
    return await signedIn("auth/login", { username, password });
  } catch (error) {
    if (!(error instanceof AccountError) || error.code !== "authentication_failed") throw error;
    throw new AccountError(error.code, "Wrong name or password.", "password");
  }
}

/**
 * @param {string} username
 * @param {string} password
 * @param {string} inviteCode empty for none
 */
export function register(username, password, inviteCode) {
  return signedIn("auth/register", { username, password, ...(inviteCode && { invite_code: inviteCode }) });
}

/**
 * Gives a guest a name and a password; the character stays.
 * @param {string} token the guest's
 * @param {string} username
 * @param {string} password
 * @param {string} inviteCode empty for none
 */
export function claim(token, username, password, inviteCode) {
  return signedIn("auth/claim", { username, password, ...(inviteCode && { invite_code: inviteCode }) }, token);
}

/**
 * A new token for one that has run out.
 * @param {string} refreshToken good for one use
 */
export function refresh(refreshToken) {
  return signedIn("auth/refresh", { refresh_token: refreshToken });
}

/**
 * Makes a token worthless. Fails silently: one that can't be signed out runs out by itself.
 * @param {string} token
 */
export async function signOut(token) {
  await ask("POST", "auth/logout", { token }).catch(() => {});
}

/**
 * The account's characters; fails with the server's code when the token no longer holds.
 * @param {string} token
 */
export async function characters(token) {
  return charactersIn(await ask("GET", "api/players/characters", { token }));
}

/**
 * What a character can live by.
 * @returns {Promise<Profession[]>}
 */
export async function professions() {
  const answer = await ask("GET", "api/players/professions", {});
  return Array.isArray(answer?.professions) ? answer.professions : [];
}

/**
 * Stats as a character of this profession would be born with.
 * @param {string} token
 * @param {string} profession empty for none
 * @returns {Promise<Roll>}
 */
export async function roll(token, profession) {
  const answer = await ask("POST", "api/players/roll", { token, body: profession ? { profession } : {} });
  if (typeof answer?.roll_id !== "string") throw new AccountError("internal_error", "The dice fell off the table.");
  return answer;
}

/**
 * @param {string} token
 * @param {string} name
 * @param {{profession?: string, rollId?: string}} [born] left out: of no profession, rolled unseen
 * @returns {Promise<Character>}
 */
export async function createCharacter(token, name, { profession = "", rollId = "" } = {}) {
  const body = await ask("POST", "api/players/characters", {
    token,
    body: { name, ...(profession && { profession }), ...(rollId && { roll_id: rollId }) },
  });
  const made = charactersIn({ characters: [body?.character ?? body] })[0];
  if (made !== undefined) return made;
  const mine = (await characters(token)).find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (mine === undefined) throw new AccountError("internal_error", "The character was not created.");
  return mine;
}

/**
 * @param {string} path
 * @param {object} body
 * @param {string} [token]
 * @returns {Promise<SignedIn>}
 */
async function signedIn(path, body, token) {
  const answer = await ask("POST", path, { body, token });
  if (typeof answer?.access_token !== "string") {
    throw new AccountError("internal_error", "The server's answer made no sense.");
  }
  const refreshToken = typeof answer.refresh_token === "string" ? answer.refresh_token : "";
  return { token: answer.access_token, refreshToken, characters: charactersIn(answer) };
}

/**
 * Reads characters from a list or an object that holds one.
 * @param {any} body
 * @returns {Character[]}
 */
export function charactersIn(body) {
  const list = Array.isArray(body) ? body : (body?.characters ?? []);
  return list
    .map((/** @type {any} */ one) => ({ id: one?.id ?? one?.player_id, name: one?.name }))
    .filter((/** @type {any} */ one) => typeof one.id === "string" && typeof one.name === "string");
}

/**
 * @param {"GET" | "POST"} method
 * @param {string} path relative to the page, so that a server behind a prefix works too
 * @param {{token?: string, body?: object}} what
 * @returns {Promise<any>}
 */
async function ask(method, path, { token, body }) {
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch {
    throw new AccountError("network_error", "The server cannot be reached. Please try again.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { code = "internal_error", message, field, retry_after_ms: waitMs } = answer?.error ?? {};
  throw new AccountError(code, withWait(message || "The server refused without a reason.", waitMs), field);
}
