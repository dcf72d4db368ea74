// The shapes of kadath.v1 as the client reads them, drawn from the server's own types, and the
// one place where bytes become frames.
//
// Every field that a server may leave out is optional here: a client newer or older than
// its server must show what it has, not fail on what it lacks.

/**
 * What the server's types say of T, of which this client can't do without K.
 * @template T
 * @template {keyof T} K
 * @typedef {Pick<T, K> & Partial<T>} Known
 */

/**
 * @typedef {Known<import("./frames.d.ts").ExitView, "to">} Exit
 * @typedef {Known<import("./frames.d.ts").RoomView, "id" | "name" | "description">} Room
 * @typedef {Known<import("./frames.d.ts").Occupant, "id" | "name"> & {position?: string}} Occupant
 * @typedef {Known<import("./frames.d.ts").Sheet, "id" | "name">} Player
 * @typedef {Known<import("./frames.d.ts").MapRoom, "id" | "name" | "x" | "y" | "z">} MapRoom
 * @typedef {Known<import("./frames.d.ts").ErrorNote, "code" | "message">} Fault
 * @typedef {Known<import("./frames.d.ts").Welcome, "session_id" | "player_id" | "run" | "resumed" | "last_command_id"
 *   | "durable_tick">} Welcome
 * @typedef {Known<import("./frames.d.ts").CommandResponse, "ok"> & {id: number}} CommandResponse
 * @typedef {Known<import("./frames.d.ts").ChatMessage, "player_name" | "channel" | "message">} ChatMessage
 * @typedef {Known<import("./frames.d.ts").LucidityChange, "current_lcd" | "max_lcd" | "delta" | "tier">} LucidityChange
 * @typedef {Omit<Known<import("./frames.d.ts").MythosTimeUpdate, "mythos_clock">, "active_holidays">
 *   & {active_holidays?: Array<string | {name: string}>}} MythosTime
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
