// What the client knows of the world, as a function of the frames it has read.
//
// No part of it draws or sends. A slice that did not change keeps its identity, so that a view
// can compare references to learn whether it has anything to do.

import { belongingsOf } from "./belongings.js";
import { NO_MARKS, marksAfterWatermark, marksAfterWelcome } from "./durability.js";
import { fightAfter } from "./fights.js";

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./protocol.js").Occupant} Occupant
 * @typedef {import("./protocol.js").MapRoom} MapRoom
 * @typedef {import("./protocol.js").MythosTime} MythosTime
 */

/**
 * @typedef {import("./frames.d.ts").RoomDrop} Drop
 * @typedef {import("./belongings.js").Thing} Thing
 * @typedef {import("./frames.d.ts").Npc} Creature
 * @typedef {import("./frames.d.ts").StandingThing} Standing
 * @typedef {import("./frames.d.ts").StatusEffect} Effect
 * @typedef {import("./frames.d.ts").HelpCommand} Verb
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
 * @property {import("./durability.js").Marks} marks
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
  const after = changed(state, frame);
  const fight = fightAfter(after.fight, frame);
  return fight === after.fight ? after : { ...after, fight };
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
        room: data.room ?? state.room,
        ...companyOf(data),
        ...lyingOf(data),
        ...belongingsOf(data.player),
        effects: data.player?.status_effects ?? [],
        lucidity: lucidityOf(data.player) ?? state.lucidity,
        vitals: vitalsAfter(state.vitals, data.player),
      };
    case "room_update":
      return { ...state, room: data.room ?? state.room, ...companyOf(data), ...lyingOf(data) };
    case "room_drops":
      if (frame.room_id !== undefined && frame.room_id !== state.room?.id) return state;
      return { ...state, ...lyingOf(data) };
    case "inventory_update":
      return { ...state, ...belongingsOf(data) };
    case "effects_update":
      return { ...state, effects: data.effects ?? [] };
    case "inventory_pickup":
      return { ...state, floor: without(state.floor, new Set([data.item_instance_id])) };
    case "inventory_drop":
      return { ...state, floor: [...without(state.floor, new Set([data.item_instance_id])), { index: 0, ...data }] };
    case "command_response":
      return afterAnswer(state, data.data);
    case "room_occupants":
      // A coalesced list of the room we just left may arrive after the next room.
      if (frame.room_id !== undefined && frame.room_id !== state.room?.id) return state;
      return { ...state, ...companyOf(data) };
    case "room_occupants_changed":
      if (data.room_id !== state.room?.id) return state;
      return { ...state, ...companyAfter(state.occupants, data), creatures: data.npcs ?? state.creatures };
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
    case "mythos_time_update":
      return { ...state, clock: data };
    case "explored_map":
      return { ...state, explored: new Map([...(data.page > 1 ? state.explored : []), ...(data.rooms ?? []).map(byId)]) };
    case "room_explored":
      return { ...state, explored: new Map([...state.explored, byId(data)]) };
    default:
      return state;
  }
}

/**
 * @param {MapRoom} room
 * @returns {[string, MapRoom]}
 */
function byId(room) {
  return [room.id, room];
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
 * @param {Drop[]} floor
 * @param {ReadonlySet<string>} gone
 */
function without(floor, gone) {
  const left = floor.filter(({ item_instance_id: id }) => !gone.has(id));
  return left.length === floor.length ? floor : left;
}

/**
 * @param {{room_drops?: Drop[], containers?: Standing[]}} data
 * @returns {Pick<State, "floor" | "standing">}
 */
function lyingOf({ room_drops: floor = [], containers: standing = [] }) {
  return { floor, standing };
}

/** More are not listed: of a crowd the server names so many, and says how many there are. */
export const LISTED_MAX = 50;

/**
 * @param {{occupants?: string[], players?: Occupant[], npcs?: Creature[], count?: number}} data
 * @returns {Pick<State, "occupants" | "company" | "creatures">}
 */
function companyOf(data) {
  const occupants = occupantsOf(data);
  return { occupants, company: data.count ?? occupants.length, creatures: data.npcs ?? [] };
}

/**
 * The company after a change: who joined may be known already, who changed may not.
 * @param {Occupant[]} before
 * @param {{joined?: Occupant[], left?: string[], changed?: Occupant[], count?: number}} change
 * @returns {Pick<State, "occupants" | "company">}
 */
function companyAfter(before, { joined = [], left = [], changed = [], count }) {
  const gone = new Set(left);
  const now = new Map([...joined, ...changed].map((one) => [one.id, one]));
  const stayed = before.filter(({ id }) => !gone.has(id)).map((one) => now.get(one.id) ?? one);
  const known = new Set(stayed.map(({ id }) => id));
  const occupants = [...stayed, ...joined.filter(({ id }) => !known.has(id))].slice(0, LISTED_MAX);
  return { occupants, company: count ?? occupants.length };
}

/**
 * Names say who is here; `players` adds detail for those it mentions.
 * @param {{occupants?: string[], players?: Occupant[]}} data
 * @returns {Occupant[]}
 */
function occupantsOf({ occupants, players = [] }) {
  if (occupants === undefined) return players;
  return occupants.map((name) => players.find((one) => one.name === name) ?? { id: "", name });
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
