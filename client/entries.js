// What the log says about a frame: plain values, no markup.
//
// Numbers of body and mind move the bars, not the log: a change of tier, a wound, a death is a line.

import { mentions } from "./channels.js";
import { seenOf, withWait } from "./words.js";

/**
 * One line of the log. `kind` picks its look; `title` stands before the text as a heading.
 * @typedef {object} Entry
 * @property {"room" | "chat" | "coming" | "echo" | "result" | "error" | "lucidity" | "body" | "fight" | "round" | "system" | "strange" | "rule"} kind
 * @property {string} text
 * @property {string} [title]
 * @property {string} [channel] of a chat line
 * @property {string} [speaker] with whose name the text of a chat line begins
 * @property {string} [sender] the id of who said it
 * @property {string} [target] to whom alone
 * @property {number} [at] when, in milliseconds, where it was not just now
 * @property {string} [past] the words of a line that was said before we came
 * @property {boolean} [mention] it speaks of us
 * @property {{label: string, line: string}} [deed] what can be done about it at once
 * @property {import("../sdk/durability.js").Stamp} [stamp] of an answer
 * @property {number} [commandId] of an answer
 */

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./state.js").State} State
 */

/** Events of which there is nothing to read: they change what the panels show, or nothing. */
export const SILENT = new Set([
  "combat_started",
  "durable",
  "effects_update",
  "explored_map",
  "inventory_update",
  "pong",
  "room_drops",
  "room_explored",
  "room_occupants",
  "room_occupants_changed",
]);

/** What the dead can do. */
const RETURN = { deed: { label: "Come back", line: "respawn" } };

/**
 * The entries a frame adds, given the state before and after it.
 * @param {Frame} frame
 * @param {State} before
 * @param {State} after
 * @param {number} [walkedIn] the tick that brought us into the room
 * @returns {Entry[]}
 */
export function entriesFor(frame, before, after, walkedIn = -1) {
  const { data } = frame;
  switch (frame.event_type) {
    case "welcome":
      return welcomeEntry(data, before);
    case "game_state":
    case "room_update":
      return roomEntry(before.room, after.room, data.drop_summary);
    case "chat_message":
      return chatEntry(frame, after);
    case "chat_history":
      return echoes(data.lines);
    case "player_entered":
    case "player_left":
    case "player_entered_game":
    case "player_left_game":
    case "inventory_pickup":
    case "inventory_drop":
    case "inventory_given":
    case "inventory_equip":
    case "inventory_unequip":
    case "admin_summon":
      return data.player_id === after.self.id ? [] : said("coming", data.message);
    case "command_response":
      return answerEntry(frame, walkedIn, after);
    case "lucidity_change":
      return after.lucidity === before.lucidity ? [] : tierEntry(before.lucidity?.tier, data.tier);
    case "player_dp_updated":
      return data.player_id === after.self.id ? hurtEntry(data) : [];
    case "player_dp_decay":
      return data.player_id === after.self.id ? said("body", "Your life runs out of you.") : [];
    case "player_mortally_wounded":
      return said("body", befell(data, after, "You are mortally wounded.", "falls and does not get up."));
    case "player_died":
      return said("body", befell(data, after, "You are dead. To come back, type respawn.", "is dead."), data.player_id === after.self.id ? RETURN : {});
    case "player_respawned":
      return said("body", "You draw a breath, and then another. You are alive.");
    case "npc_attacked":
    case "player_attacked":
    case "npc_died":
      return said("fight", data.message);
    case "combat_round":
      return said("round", data.summary);
    case "combat_ended":
    case "combat_target_switch":
      return said("coming", data.message);
    case "room_message":
      return said(data.hazard ? "body" : "coming", data.message);
    case "error":
      return said(FAREWELLS.has(data.code) ? "system" : "error", faultText(data));
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
 * @param {Frame} frame
 * @param {State} state
 * @returns {Entry[]}
 */
function chatEntry({ data, timestamp }, { self }) {
  const at = Date.parse(data.timestamp ?? timestamp ?? "");
  const isOurs = data.sender_id === self.id;
  const mention = !isOurs && mentions(data.original_content ?? "", self.name);
  return said("chat", data.message, {
    channel: data.channel,
    speaker: data.player_name,
    ...(data.sender_id && { sender: data.sender_id }),
    ...(Number.isFinite(at) && { at }),
    ...(mention && { mention }),
  });
}

/**
 * What was said in a room before one came in.
 * @param {Partial<import("../sdk/frames.d.ts").PastLine>[] | undefined} lines
 * @returns {Entry[]}
 */
function echoes(lines) {
  return (lines ?? []).flatMap(({ message, timestamp }) => {
    const at = Date.parse(timestamp ?? "");
    return said("coming", `Said before: ${message}`, { past: message ?? "", ...(Number.isFinite(at) && { at }) });
  });
}

/**
 * Lines of a channel as they were said, for those who missed them.
 * @param {any} told the data of an answer to `history`
 * @returns {(Entry & {at: number, past: string})[]}
 */
export function pastEntries(told) {
  if (told?.kind !== "history" || !Array.isArray(told.lines)) return [];
  return told.lines.flatMap((/** @type {import("../sdk/frames.d.ts").PastLine} */ line) => {
    const at = Date.parse(line.timestamp);
    if (!Number.isFinite(at)) return [];
    const { channel, player_name: speaker, sender_id: sender } = line;
    return said("chat", line.message, { channel, speaker, sender, at, past: line.message });
  });
}

/**
 * Mending is seen in the bar, and a blow has words of its own.
 * @param {{damage_taken: number, cause?: string}} change
 * @returns {Entry[]}
 */
function hurtEntry({ damage_taken: lost, cause }) {
  return lost > 0 && cause !== "combat" ? said("body", "You are hurt.") : [];
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
  return said("system", "You are back. What was said meanwhile stands above, as far as it is remembered.");
}

/**
 * A room is told when we come to it or when it changes, not each time somebody walks through it.
 * @param {import("./protocol.js").Room | null} before
 * @param {import("./protocol.js").Room | null} after
 * @param {string} [drops] what lies there, in words
 * @returns {Entry[]}
 */
function roomEntry(before, after, drops = "") {
  if (after === null) return [];
  if (before?.id === after.id && before.description === after.description) return [];
  const text = [seenOf(after), drops].filter(Boolean).join("\n");
  return [{ kind: "room", title: after.name, text }];
}

/**
 * @param {Frame} frame
 * @param {number} walkedIn
 * @param {State} state
 * @returns {Entry[]}
 */
function answerEntry(frame, walkedIn, state) {
  const { ok, id } = frame.data;
  const stamp = { run: state.marks.run, tick: frame.tick };
  const text = answerText(frame, walkedIn);
  const channel = ok ? ownChannel(text) : undefined;
  return said(ok ? "result" : "error", text, { stamp, ...(id && { commandId: id }), ...(channel && { channel }) });
}

/**
 * The channel of an answer that repeats what we have said where we don't hear ourselves.
 * @param {string} text
 */
function ownChannel(text) {
  if (text.startsWith("You whisper to ")) return "whisper";
  return /^You \((\w+)\): /.exec(text)?.[1];
}

/** What a walk is answered with. */
const WALKED = /^You go [a-z]+\.$/;

/**
 * What is to be read of an answer. That one has gone somewhere is seen by where one is, which was
 * told before the answer.
 * @param {Frame} frame
 * @param {number} walkedIn the tick that brought us into the room
 * @returns {string}
 */
export function answerText({ data, tick }, walkedIn) {
  if (!data.ok) return data.error ? faultText(data.error) : data.result || "That did not work.";
  const text = data.result ?? "";
  return tick === walkedIn && WALKED.test(text) ? "" : text;
}

/** Codes with which the server ends a session; nothing was refused. */
const FAREWELLS = new Set(["session_taken_over", "slow_client", "system_error", "timeout_error", "authorization_denied"]);

/**
 * @param {{message?: string, code?: string, retry_after_ms?: number}} fault
 */
function faultText(fault) {
  return withWait(fault.message || "Something went wrong.", fault.retry_after_ms);
}

/** From the clearest mind to the most lost. */
const TIERS = ["lucid", "uneasy", "fractured", "deranged", "catatonic"];


/**
 * @param {string | undefined} before
 * @param {string} now
 * @returns {Entry[]}
 */
function tierEntry(before, now) {
  if (before === undefined || before === now) return [];
  const isWorse = TIERS.indexOf(now) > TIERS.indexOf(before);
  return said("lucidity", isWorse ? `Your mind slips. You are ${now}.` : `Your mind clears. You are ${now}.`);
}
