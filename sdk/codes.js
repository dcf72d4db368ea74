// Why a connection ends, and what to do about it.

/** Close codes that the server uses, or that stand for a connection that was lost. */
export const CloseCode = Object.freeze({
  /** The player quit, or another sign-in plays the character. */
  NORMAL: 1000,
  /** The server is stopping. */
  GOING_AWAY: 1001,
  /** The websocket protocol was broken. */
  PROTOCOL_ERROR: 1002,
  /** The connection was lost without a word. */
  ABNORMAL: 1006,
  /** A message was no text. */
  NOT_TEXT: 1007,
  /** The server does not want this client as it is; the last error says why. */
  POLICY: 1008,
  /** A message was longer than 10 KiB. */
  TOO_BIG: 1009,
  /** Later: the server is busy, or the client was too slow. */
  TRY_AGAIN: 1013,
});

/** What can be done after a close. */
export const Advice = Object.freeze({
  /** Open again after a pause; the SDK does. */
  RETRY: "retry",
  /** The token is good no more: get another and open again; the SDK does, where it has `refresh`. */
  SIGN_IN: "sign_in",
  /** The character is played elsewhere: open again only when the player wants it. */
  TAKEN_OVER: "taken_over",
  /** The player has left, or was sent away: tell them. */
  STOP: "stop",
});

/** Codes that speak of the token, not of what its holder may do: another one would be taken. */
const TOKEN_CODES = new Set(["authentication_failed", "invalid_token", "token_expired"]);

/**
 * What to do after a close.
 * @param {number} closeCode
 * @param {string | null} faultCode code of the error event or close text that came with it
 * @returns {(typeof Advice)[keyof typeof Advice]}
 */
export function adviceFor(closeCode, faultCode) {
  if (faultCode === "session_taken_over") return Advice.TAKEN_OVER;
  if (isIdentityRefused(faultCode)) return Advice.SIGN_IN;
  if (closeCode === CloseCode.NORMAL || faultCode === "authorization_denied") return Advice.STOP;
  return Advice.RETRY;
}

/**
 * Whether the server no longer accepts who we say we are.
 * @param {string | null} faultCode
 */
export function isIdentityRefused(faultCode) {
  return faultCode !== null && TOKEN_CODES.has(faultCode);
}
