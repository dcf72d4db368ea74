// When to try again: 1, 2, 4, 8, 16 seconds, then every 16, each shifted by chance.

/** Longest pause between two attempts, in milliseconds. */
export const PAUSE_MAX_MS = 16_000;

/** Share by which a pause may be shorter or longer, so that a thousand clients of a
 * restarted server do not all knock in the same instant. */
const JITTER = 0.2;

/**
 * The pause before attempt number `attempt` (the first is 0), in milliseconds.
 * @param {number} attempt
 * @param {number} chance a number in [0, 1)
 * @param {number} [askedMs] what the server asked for; never undercut
 */
export function pauseBefore(attempt, chance, askedMs = 0) {
  const plain = Math.min(1_000 * 2 ** Math.min(attempt, 10), PAUSE_MAX_MS);
  return Math.round(Math.max(plain * (1 + JITTER * (2 * chance - 1)), askedMs));
}

/** Codes after which knocking again cannot help, or would fight another window of the same player. */
const FINAL_CODES = new Set([
  "session_taken_over",
  "authentication_failed",
  "authorization_denied",
  "invalid_token",
  "token_expired",
]);

/**
 * Whether a closed socket should be opened again.
 * @param {number} closeCode
 * @param {string | null} faultCode code of the error event or close text that came with it
 */
export function shouldReturn(closeCode, faultCode) {
  return closeCode !== 1000 && !(faultCode !== null && FINAL_CODES.has(faultCode));
}

/** Codes that speak of the token, not of what its holder may do: another one would be taken. */
const TOKEN_CODES = new Set(["authentication_failed", "invalid_token", "token_expired"]);

/**
 * Whether the server no longer accepts who we say we are.
 * @param {string | null} faultCode
 */
export function isIdentityRefused(faultCode) {
  return faultCode !== null && TOKEN_CODES.has(faultCode);
}
