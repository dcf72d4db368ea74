// What the log says about a frame: plain values, no markup.

/**
 * One line of the log. `kind` picks its look; `title` stands before the text as a heading.
 * @typedef {object} Entry
 * @property {"room" | "chat" | "coming" | "echo" | "result" | "error" | "lucidity" | "body" | "system" | "strange"} kind
 * @property {string} text
 * @property {string} [title]
 * @property {string} [channel] of a chat line
 * @property {import("./durability.js").Stamp} [stamp] of an answer
 * @property {number} [commandId] of an answer
 */

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./state.js").State} State
 */

/** Events of which there is nothing to read: they change what the panels show, or nothing. */
export const SILENT = new Set(["durable", "explored_map", "pong", "room_explored", "room_occupants"]);

/**
 * The entries a frame adds, given the state before and after it.
 * @param {Frame} frame
 * @param {State} before
 * @param {State} after
 * @returns {Entry[]}
 */
export function entriesFor(frame, before, after) {
  const { data } = frame;
  switch (frame.event_type) {
    case "welcome":
      return welcomeEntry(data, before);
    case "game_state":
    case "room_update":
      return roomEntry(before.room, after.room);
    case "chat_message":
      return said("chat", data.message, { channel: data.channel });
    case "chat_history":
      return echoes(data.lines);
    case "player_entered":
    case "player_left":
    case "player_entered_game":
    case "player_left_game":
      return data.player_id === after.self.id ? [] : said("coming", data.message);
    case "command_response":
      return answerEntry(data, { run: after.marks.run, tick: frame.tick });
    case "lucidity_change":
      return after.lucidity === before.lucidity ? [] : lucidityEntry(data, before.lucidity?.tier);
    case "player_dp_updated":
      return data.player_id === after.self.id ? hurtEntry(data) : [];
    case "player_dp_decay":
      return data.player_id === after.self.id ? said("body", `It runs out of you: ${data.new_dp}.`) : [];
    case "player_mortally_wounded":
      return said("body", befell(data, after, "You are mortally wounded.", "falls and does not get up."));
    case "player_died":
      return said("body", befell(data, after, "You are dead. To come back, type respawn.", "is dead."));
    case "player_respawned":
      return said("body", "You draw a breath, and then another. You are alive.");
    case "room_message":
      return said(data.hazard ? "body" : "coming", data.message);
    case "error":
      return said("error", faultText(data));
    case "catatonia":
      // Who came back, and who fetched them, reads of it in a rescue_update.
      if (data.status === "recovered" && [data.target_name, data.rescuer_name].includes(after.self.name)) return [];
      return said("strange", data.message);
    case "encounter":
    case "hallucination":
    case "rescue_update":
    case "player_delirium_respawned":
      return said("strange", data.message);
    case "player_update":
      return data.player_id === after.self.id ? said("body", data.message) : [];
    case "mythos_time_update":
    case "system":
    case "system_notification":
    case "intentional_disconnect":
      return said("system", data.message);
    default:
      return [];
  }
}

/**
 * @param {Entry["kind"]} kind
 * @param {unknown} text
 * @param {Partial<Entry>} [more]
 * @returns {Entry[]}
 */
function said(kind, text, more = {}) {
  return typeof text === "string" && text !== "" ? [{ kind, text, ...more }] : [];
}

/**
 * What was said in a room before one came in.
 * @param {{message: string}[] | undefined} lines
 * @returns {Entry[]}
 */
function echoes(lines) {
  return (lines ?? []).flatMap((line) => said("coming", `Said before: ${line.message}`));
}

/**
 * @param {{damage_taken: number, new_dp: number, max_dp: number}} change
 * @returns {Entry[]}
 */
function hurtEntry({ damage_taken: lost, new_dp: now, max_dp: most }) {
  return said("body", `${lost > 0 ? "You are hurt" : "You mend"}: ${now} of ${most} determination.`);
}

/**
 * @param {{player_id: string, player_name: string}} whom
 * @param {State} state
 * @param {string} own
 * @param {string} other
 */
function befell({ player_id: id, player_name: name }, state, own, other) {
  return id === state.self.id ? own : `${name} ${other}`;
}

/**
 * A new session in the same run has a hole where the old one broke; the reader should know.
 * @param {import("./protocol.js").Welcome} welcome
 * @param {State} before
 * @returns {Entry[]}
 */
function welcomeEntry(welcome, before) {
  if (welcome.resumed || before.marks.run !== welcome.run) return [];
  return said("system", "You are back. What was said meanwhile is missing here.");
}

/**
 * A room is told when we come to it or when it changes, not each time somebody walks through it.
 * @param {import("./protocol.js").Room | null} before
 * @param {import("./protocol.js").Room | null} after
 * @returns {Entry[]}
 */
function roomEntry(before, after) {
  if (after === null) return [];
  if (before?.id === after.id && before.description === after.description) return [];
  return [{ kind: "room", title: after.name, text: after.description ?? "" }];
}

/**
 * @param {import("./protocol.js").CommandResponse} answer
 * @param {import("./durability.js").Stamp} stamp
 * @returns {Entry[]}
 */
function answerEntry(answer, stamp) {
  const about = { stamp, commandId: answer.id };
  if (!answer.ok) {
    const text = answer.error ? faultText(answer.error) : answer.result || "That did not work.";
    return said("error", text, about);
  }
  return said("result", answer.result, about);
}

/**
 * @param {{message?: string, code?: string, retry_after_ms?: number}} fault
 */
function faultText(fault) {
  const text = fault.message || fault.code || "Something went wrong.";
  if (!fault.retry_after_ms) return text;
  return `${text} (try again in ${Math.ceil(fault.retry_after_ms / 1_000)} s)`;
}

/**
 * @param {import("./protocol.js").LucidityChange} change
 * @param {string | undefined} tierBefore
 * @returns {Entry[]}
 */
function lucidityEntry(change, tierBefore) {
  const tierChanged = tierBefore !== undefined && tierBefore !== change.tier;
  if (!change.delta && !tierChanged) return [];
  const sign = change.delta < 0 ? "−" : "+";
  const amount = change.delta ? ` (${sign}${Math.abs(change.delta)})` : "";
  const because = change.reason ? `: ${change.reason.replaceAll("_", " ")}` : "";
  const slide = tierChanged ? ` You are now ${change.tier}.` : "";
  return [{ kind: "lucidity", text: `Lucidity ${change.current_lcd}${amount}${because}.${slide}` }];
}
