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
