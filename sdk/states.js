// What is known of the world, as functions of the frames that tell of it. Each takes what was known
// and a frame, and gives the very same value where the frame says nothing new. Shapes are the
// server's own; a field that a server leaves out is left out here, too.

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {import("./frames.d.ts").Occupant} Occupant
 */

/**
 * @typedef {object} States
 * @property {import("./frames.d.ts").RoomView} room where the player is
 * @property {{list: Occupant[], count: number}} people who is in the room, ourselves included; of a
 *   crowd those we were told of
 * @property {import("./frames.d.ts").Npc[]} creatures who else lives there
 * @property {Floor} floor what lies and stands there
 * @property {import("./frames.d.ts").Sheet} player our own sheet
 * @property {import("./frames.d.ts").StatusEffect[]} effects what is upon us
 * @property {import("./frames.d.ts").MythosTimeUpdate} time
 * @property {ReadonlyMap<string, import("./frames.d.ts").MapRoom>} map the explored rooms by their ids
 */

/** @typedef {{things: import("./frames.d.ts").RoomDrop[], containers: import("./frames.d.ts").StandingThing[]}} Floor */

/**
 * @template T
 * @typedef {(value: T | null, frame: Frame, world: {roomId: string | undefined, selfId: string | undefined}) => T | null} Reducer
 */

/** More are not listed: of a crowd the server names so many, and says how many there are. */
export const LISTED_MAX = 50;

/** @type {Reducer<States["room"]>} */
function room(value, { event_type: type, data }) {
  return type === "game_state" || type === "room_update" ? (data.room ?? value) : value;
}

/** @type {Reducer<States["people"]>} */
function people(value, frame, { roomId }) {
  const { event_type: type, data } = frame;
  switch (type) {
    case "room_occupants":
      // A coalesced list of the room we just left may arrive after the next room.
      if (isElsewhere(frame, roomId)) return value;
    // falls through
    case "game_state":
    case "room_update": {
      const list = listed(data);
      return { list, count: data.count ?? list.length };
    }
    case "room_occupants_changed":
      return data.room_id === roomId ? changed(value?.list ?? [], data) : value;
    default:
      return value;
  }
}

/**
 * The list after a change: who joined may be known already, who changed may not.
 * @param {Occupant[]} before
 * @param {{joined?: Occupant[], left?: string[], changed?: Occupant[], count?: number}} change
 */
function changed(before, { joined = [], left = [], changed = [], count }) {
  const gone = new Set(left);
  const now = new Map([...joined, ...changed].map((one) => [one.id, one]));
  const stayed = before.filter(({ id }) => !gone.has(id)).map((one) => now.get(one.id) ?? one);
  const known = new Set(stayed.map(({ id }) => id));
  const list = [...stayed, ...joined.filter(({ id }) => !known.has(id))].slice(0, LISTED_MAX);
  return { list, count: count ?? list.length };
}

/**
 * Names say who is here; `players` adds detail for those it mentions.
 * @param {{occupants?: string[], players?: Occupant[]}} data
 * @returns {Occupant[]}
 */
function listed({ occupants, players = [] }) {
  if (occupants === undefined) return players;
  return occupants.map((name) => players.find((one) => one.name === name) ?? /** @type {Occupant} */ ({ id: "", name }));
}

/** @type {Reducer<States["creatures"]>} */
function creatures(value, frame, { roomId }) {
  const { event_type: type, data } = frame;
  if (type === "game_state" || type === "room_update") return data.npcs ?? [];
  if (type === "room_occupants") return isElsewhere(frame, roomId) ? value : (data.npcs ?? []);
  if (type === "room_occupants_changed") return (data.room_id === roomId && data.npcs) || value;
  return value;
}

/** @type {Reducer<Floor>} */
function floor(value, frame, { roomId }) {
  const { event_type: type, data } = frame;
  switch (type) {
    case "room_drops":
      if (isElsewhere(frame, roomId)) return value;
    // falls through
    case "game_state":
    case "room_update":
      return { things: data.room_drops ?? [], containers: data.containers ?? [] };
    case "inventory_pickup":
      return value && without(value, data.item_instance_id);
    case "inventory_drop":
      return value && { ...value, things: [...without(value, data.item_instance_id).things, { index: 0, ...data }] };
    default:
      return value;
  }
}

/**
 * @param {Floor} floor
 * @param {string} gone
 */
function without(floor, gone) {
  const things = floor.things.filter(({ item_instance_id: id }) => id !== gone);
  return things.length === floor.things.length ? floor : { ...floor, things };
}

/** @type {Reducer<States["player"]>} */
function player(value, { event_type: type, data }, { selfId }) {
  if (type === "game_state") return data.player ?? value;
  if (value === null) return value;
  if (type === "inventory_update") return { ...value, ...data };
  if (data.player_id !== undefined && data.player_id !== selfId) return value;
  switch (type) {
    case "player_update":
      return { ...value, ...data, stats: { ...value.stats, ...data.stats } };
    case "player_dp_updated":
    case "player_dp_decay":
    case "player_respawned":
      return withStats(value, { current_dp: data.new_dp, ...(data.max_dp && { max_dp: data.max_dp }) });
    case "lucidity_change": {
      const stats = { lucidity: data.current_lcd, max_lucidity: data.max_lcd };
      return { ...withStats(value, stats), lucidity_tier: data.tier, liabilities: data.liabilities ?? [] };
    }
    default:
      return value;
  }
}

/**
 * @param {States["player"]} value
 * @param {object} stats
 */
function withStats(value, stats) {
  return { ...value, stats: { ...value.stats, ...stats } };
}

/** @type {Reducer<States["effects"]>} */
function effects(value, { event_type: type, data }) {
  if (type === "effects_update") return data.effects ?? [];
  return type === "game_state" ? (data.player?.status_effects ?? []) : value;
}

/** @type {Reducer<States["time"]>} */
function time(value, { event_type: type, data }) {
  return type === "mythos_time_update" ? data : value;
}

/** @type {Reducer<States["map"]>} */
function map(value, { event_type: type, data }) {
  if (type === "room_explored") return new Map([...(value ?? []), [data.id, data]]);
  if (type !== "explored_map") return value;
  const rooms = (data.rooms ?? []).map((/** @type {{id: string}} */ one) => [one.id, one]);
  return new Map([...((data.page > 1 && value) || []), ...rooms]);
}

/**
 * @param {Frame} frame
 * @param {string | undefined} roomId
 */
function isElsewhere({ room_id: id }, roomId) {
  return id !== undefined && id !== roomId;
}

/** By the names that `World.state` takes. */
export const STATES = { room, people, creatures, floor, player, effects, time, map };
