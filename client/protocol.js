// The shapes of kadath.v1 as the client reads them, and the one place where bytes become frames.
//
// Every field that a server may leave out is optional here: a client newer or older than
// its server must show what it has, not fail on what it lacks.

/**
 * @typedef {{to: string, name?: string}} Exit
 * @typedef {{id: string, name: string, description: string, environment?: string, zone?: string,
 *   sub_zone?: string, plane?: string, exits?: Record<string, Exit>}} Room
 * @typedef {{id: string, name: string, linkdead?: boolean, position?: string}} Occupant
 * @typedef {{id?: string, name?: string, lucidity_tier?: string, position?: string, level?: number,
 *   stats?: {lucidity?: number, max_lucidity?: number, current_dp?: number, max_dp?: number,
 *     magic_points?: number, max_magic_points?: number}}} Player
 * @typedef {{id: string, name: string, zone?: string, sub_zone?: string, environment?: string,
 *   x: number, y: number, z: number, exits?: Record<string, string>}} MapRoom
 * @typedef {{code: string, message: string, field?: string, retry_after_ms?: number}} Fault
 * @typedef {{session_id: string, player_id: string, run: string, resumed: boolean,
 *   last_command_id: number, durable_tick: number,
 *   recovered?: {run: string, tick: number} | null}} Welcome
 * @typedef {{id: number, ok: boolean, repeated?: boolean, result?: string, error?: Fault}} CommandResponse
 * @typedef {{player_name: string, channel: string, message: string, tags?: string[]}} ChatMessage
 * @typedef {{player_id?: string, current_lcd: number, max_lcd: number, delta: number, tier: string,
 *   liabilities?: string[], reason?: string, source?: string}} LucidityChange
 * @typedef {{mythos_clock: string, month_name?: string, day_of_month?: number, day_name?: string,
 *   season?: string, daypart?: string, is_witching_hour?: boolean,
 *   active_holidays?: Array<string | {name: string}>}} MythosTime
 */

/**
 * One server frame. `data` stays untyped here; each reader names the shape it expects.
 * @typedef {{sequence_number: number, event_type: string, timestamp?: string, tick: number,
 *   data: any, room_id?: string, player_id?: string}} Frame
 */

/** The subprotocol this client speaks. */
export const PROTOCOL = "kadath.v1";

/**
 * Reads one text frame. Anything that is not an envelope gives `null`, never an exception:
 * a broken frame must not end a session that could go on.
 * @param {unknown} text
 * @returns {Frame | null}
 */
export function parseFrame(text) {
  if (typeof text !== "string") return null;
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || typeof value.event_type !== "string") return null;
  return {
    ...value,
    sequence_number: Number.isSafeInteger(value.sequence_number) ? value.sequence_number : 0,
    tick: Number.isSafeInteger(value.tick) ? value.tick : 0,
    data: typeof value.data === "object" && value.data !== null ? value.data : {},
  };
}
