// Accounts and characters over HTTP.

/**
 * @typedef {{id: string, name: string}} Character
 * @typedef {{token: string, characters: Character[]}} SignedIn
 * @typedef {{id: string, name: string, description: string, requires: Record<string, number>,
 *   bonus: Record<string, number>}} Profession
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

/** A new guest with a character ready to play. */
export function guest() {
  return signedIn("auth/guest", {});
}

/**
 * @param {string} username
 * @param {string} password
 */
export function signIn(username, password) {
  return signedIn("auth/login", { username, password });
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
 * @returns {Promise<SignedIn>}
 */
async function signedIn(path, body) {
  const answer = await ask("POST", path, { body });
  if (typeof answer?.access_token !== "string") {
    throw new AccountError("internal_error", "The server's answer made no sense.");
  }
  return { token: answer.access_token, characters: charactersIn(answer) };
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
  const { code = "internal_error", message, field } = answer?.error ?? {};
  throw new AccountError(code, message || `The server refused (${response.status}).`, field);
}
