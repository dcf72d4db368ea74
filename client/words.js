// Small sentences about time and number, as people say them.

/**
 * A refusal, and how long to wait where the server says so.
 * @param {string} text
 * @param {number | undefined} waitMs
 */
export function withWait(text, waitMs) {
  return waitMs ? `${text} Try again in ${span(waitMs)}.` : text;
}

/**
 * What is seen of a room: its description, and what else the server says of it.
 * @param {{description?: string, lines?: string[]}} room
 */
export function seenOf({ description, lines }) {
  return [description, ...(lines ?? [])].filter(Boolean).join("\n");
}

/**
 * A span of time: exact for seconds, about for more.
 * @param {number} ms
 */
export function span(ms) {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  if (seconds < 100) return counted(seconds, "second");
  const minutes = Math.ceil(seconds / 60);
  return minutes < 100 ? counted(minutes, "minute") : counted(Math.ceil(minutes / 60), "hour");
}

/**
 * @param {number} n
 * @param {string} one
 */
export function counted(n, one) {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}
