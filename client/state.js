// What the client knows of the world, as a function of the frames it has read.
//
// No part of it draws or sends. A slice that did not change keeps its identity, so that a view
// can compare references to learn whether it has anything to do.

import { belongingsOf } from "./belongings.js";
import { NO_MARKS, marksAfterWatermark, marksAfterWelcome } from "../sdk/durability.js";
import { fightAfter } from "./fights.js";
import { STATES } from "../sdk/states.js";

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./protocol.js").Occupant} Occupant
 * @typedef {import("./protocol.js").MapRoom} MapRoom
 * @typedef {import("./protocol.js").MythosTime} MythosTime
 */

/**
 * @typedef {import("../sdk/frames.d.ts").RoomDrop} Drop
 * @typedef {import("./belongings.js").Thing} Thing
 * @typedef {import("../sdk/frames.d.ts").Npc} Creature
 * @typedef {import("../sdk/frames.d.ts").StandingThing} Standing
 * @typedef {import("../sdk/frames.d.ts").StatusEffect} Effect
 * @typedef {import("../sdk/frames.d.ts").HelpCommand} Verb
 */

/** @typedef {{current: number, max: number, tier: string, liabilities: string[]}} Lucidity */

/** @typedef {{dp: number, maxDp: number, mp: number, maxMp: number, position: string, level: number}} Vitals */

/**
 * @typedef {object} State
 * @property {{id: string, name: string}} self
 * @property {Room | null} room
 * @property {Occupant[]} occupants everyone in the room, ourselves included; of a crowd those we were told of
 * @property {number} company how many are in the room
 * @property {Creature[]} creatures who else lives there
 * @property {Drop[]} floor what lies there
 * @property {Standing[]} standing what stands there and can be reached into
 * @property {Thing[] | null} carried what we have, once we were told
 * @property {Thing[]} worn what we wear and hold
 * @property {import("./belongings.js").Load | null} load what that weighs
 * @property {Effect[]} effects what is upon us
 * @property {import("./fights.js").Fight | null} fight
 * @property {Verb[]} verbs what there is to type, once the world has said so
 * @property {Lucidity | null} lucidity
 * @property {Vitals | null} vitals
 * @property {MythosTime | null} clock
 * @property {ReadonlyMap<string, MapRoom>} explored by room id
 * @property {import("../sdk/durability.js").Marks} marks
 */

/** @type {State} */
export const NOWHERE = {
  self: { id: "", name: "" },
  room: null,
  occupants: [],
  company: 0,
  creatures: [],
  floor: [],
  standing: [],
  carried: null,
  worn: [],
  load: null,
  effects: [],
  fight: null,
  verbs: [],
  lucidity: null,
  vitals: null,
  clock: null,
  explored: new Map(),
  marks: NO_MARKS,
};

/**
 * The state after one frame. Unknown events change nothing.
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
export function reduce(state, frame) {
  const after = changed(surrounded(state, frame), frame);
  const fight = fightAfter(after.fight, frame);
  return fight === after.fight ? after : { ...after, fight };
}

/**
 * The state with what the SDK knows of what is around us.
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
function surrounded(state, frame) {
  const where = { roomId: state.room?.id, selfId: state.self.id };
  /** @type {any} What was known, in the shapes of the SDK. */
  const before = {
    room: state.room,
    people: { list: state.occupants, count: state.company },
    creatures: state.creatures,
    floor: { things: state.floor, containers: state.standing },
    effects: state.effects,
    time: state.clock,
    map: state.explored,
  };
  /** @type {any} */
  const now = Object.fromEntries(Object.keys(before).map((name) => [name, STATES[/** @type {keyof STATES} */ (name)](before[name], frame, where)]));
  if (Object.keys(before).every((name) => now[name] === before[name])) return state;
  const { room, people, creatures, floor, effects, time, map } = now;
  const lying = { floor: floor.things, standing: floor.containers };
  return { ...state, room, occupants: people.list, company: people.count, creatures, ...lying, effects, clock: time, explored: map };
}

/**
 * @param {State} state
 * @param {Frame} frame
 * @returns {State}
 */
function changed(state, frame) {
  const { data } = frame;
  switch (frame.event_type) {
    case "welcome":
      return {
        ...state,
        self: { ...state.self, id: data.player_id },
        marks: marksAfterWelcome(state.marks, data),
      };
    case "durable":
      return { ...state, marks: marksAfterWatermark(state.marks, data) };
    case "game_state":
      return {
        ...state,
        self: { id: data.player?.id ?? state.self.id, name: data.player?.name ?? state.self.name },
        ...belongingsOf(data.player),
        lucidity: lucidityOf(data.player) ?? state.lucidity,
        vitals: vitalsAfter(state.vitals, data.player),
      };
    case "inventory_update":
      return { ...state, ...belongingsOf(data) };
    case "command_response":
      return afterAnswer(state, data.data);
    case "lucidity_change":
      if (data.player_id !== undefined && data.player_id !== state.self.id) return state;
      return {
        ...state,
        lucidity: {
          current: data.current_lcd,
          max: data.max_lcd,
          tier: data.tier,
          liabilities: data.liabilities ?? [],
        },
      };
    case "player_update":
      if (data.player_id !== undefined && data.player_id !== state.self.id) return state;
      return { ...state, vitals: vitalsAfter(state.vitals, data) };
    case "player_dp_updated":
    case "player_dp_decay":
    case "player_respawned":
      if (data.player_id !== undefined && data.player_id !== state.self.id) return state;
      return { ...state, vitals: vitalsAfter(state.vitals, { stats: { current_dp: data.new_dp, max_dp: data.max_dp } }) };
    default:
      return state;
  }
}

/**
 * What an answer tells beside its words.
 * @param {State} state
 * @param {any} told
 * @returns {State}
 */
function afterAnswer(state, told) {
  // Of one command alone tells `help COMMAND`.
  if (told?.kind === "help" && told.commands?.length > 1) return { ...state, verbs: told.commands };
  return state;
}

/**
 * @param {import("./protocol.js").Player | undefined} player
 * @returns {Lucidity | null}
 */
function lucidityOf(player) {
  const current = player?.stats?.lucidity;
  if (player === undefined || current === undefined) return null;
  return { current, max: player.stats?.max_lucidity ?? 100, tier: player.lucidity_tier ?? "", liabilities: player.liabilities ?? [] };
}

/**
 * The body after whatever a frame tells of it.
 * @param {Vitals | null} before
 * @param {Partial<import("./protocol.js").Player> | undefined} told
 * @returns {Vitals | null}
 */
function vitalsAfter(before, told) {
  const stats = told?.stats ?? {};
  if (before === null && stats.current_dp === undefined) return null;
  const known = before ?? { dp: 0, maxDp: 0, mp: 0, maxMp: 0, position: "standing", level: 0 };
  return {
    dp: stats.current_dp ?? known.dp,
    maxDp: stats.max_dp ?? known.maxDp,
    mp: stats.magic_points ?? known.mp,
    maxMp: stats.max_magic_points ?? known.maxMp,
    position: told?.position ?? known.position,
    level: told?.level ?? known.level,
  };
}

/**
 * Whether any of these parts is another than before.
 * @param {State} state
 * @param {State} before
 * @param {(keyof State)[]} parts
 */
export function changes(state, before, ...parts) {
  return parts.some((part) => state[part] !== before[part]);
}

/**
 * What can be named where one is: people, creatures, things, ways.
 * @param {State} state
 * @returns {string[]}
 */
export function namesIn({ occupants, creatures, floor, standing, carried, worn, room, self }) {
  const named = [...occupants.filter(({ name }) => name !== self.name), ...creatures, ...standing, ...(carried ?? []), ...worn];
  return [...named.map(({ name }) => name), ...floor.map(({ item_name: name }) => name), ...Object.keys(room?.exits ?? {})];
}
