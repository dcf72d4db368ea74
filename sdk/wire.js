// The one place where bytes become frames.

/**
 * One server frame. `data` stays untyped here; `World.on` names the shape of each event.
 * @typedef {{sequence_number: number, event_type: string, timestamp?: string, tick: number,
 *   data: any, room_id?: string, player_id?: string}} Frame
 */

/** The subprotocol that the SDK speaks. */
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
