import assert from "node:assert/strict";
import { test } from "node:test";
import { join } from "../index.js";
import { Bench } from "./fakes.js";

const ANN = { id: "p1", name: "Ann", linkdead: false, position: "standing" };
const BO = { id: "p2", name: "Bo", linkdead: false, position: "standing" };
const LAMP = { index: 1, item_instance_id: "i1", item_name: "brass lamp", quantity: 1 };

/** A world that has begun in the hall, and a way to tell it more. */
function begun() {
  const bench = new Bench();
  const world = join("", { token: "t", around: bench.around });
  bench.welcome();
  let sequence = 1;
  const hear = (type, data, more) => bench.hear((sequence += 1), type, data, more);
  const now = (name) => world.state(name).now;
  hear("game_state", {
    player: { id: "p1", name: "Ann", stats: { current_dp: 10, max_dp: 10, lucidity: 100 }, status_effects: [] },
    room: { id: "hall", name: "Hall" },
    occupants: ["Ann"],
    players: [ANN],
    npcs: [{ id: "n1", name: "rat" }],
    count: 1,
    room_drops: [LAMP],
  });
  return { hear, now };
}

test("people are kept by their ids", () => {
  const { hear, now } = begun();
  hear("room_occupants_changed", { room_id: "hall", joined: [BO], left: [], changed: [{ ...ANN, position: "sitting" }], count: 2 });
  assert.deepEqual(now("people"), { list: [{ ...ANN, position: "sitting" }, BO], count: 2 });
  hear("room_occupants_changed", { room_id: "elsewhere", joined: [], left: ["p1"], changed: [], count: 1 });
  hear("room_occupants_changed", { room_id: "hall", joined: [], left: ["p2", "p9"], changed: [], count: 1 });
  assert.deepEqual(now("people").list.map(({ name }) => name), ["Ann"]);
});

test("a list of the room before is passed over", () => {
  const { hear, now } = begun();
  hear("room_update", { room: { id: "cellar", name: "Cellar" }, occupants: ["Ann"], players: [ANN], count: 1 });
  hear("room_occupants", { occupants: ["Ann", "Bo"], players: [ANN, BO], count: 2 }, { room_id: "hall" });
  assert.equal(now("people").count, 1);
  assert.deepEqual([now("creatures"), now("floor").things], [[], []]);
});

test("what lies on the floor comes and goes", () => {
  const { hear, now } = begun();
  hear("inventory_pickup", { item_instance_id: "i1" });
  assert.deepEqual(now("floor").things, []);
  hear("inventory_drop", { item_instance_id: "i1", item_name: "brass lamp", quantity: 1 });
  assert.equal(now("floor").things[0].item_name, "brass lamp");
  hear("room_drops", { room_drops: [], containers: [{ container_id: "c1", name: "chest" }] }, { room_id: "hall" });
  assert.deepEqual(now("floor"), { things: [], containers: [{ container_id: "c1", name: "chest" }] });
});

test("the sheet follows body, mind and belongings", () => {
  const { hear, now } = begun();
  hear("player_dp_updated", { player_id: "p1", old_dp: 10, new_dp: 6, max_dp: 10 });
  hear("player_dp_updated", { player_id: "p2", old_dp: 10, new_dp: 1, max_dp: 10 });
  hear("lucidity_change", { player_id: "p1", current_lcd: 70, max_lcd: 100, delta: -30, tier: "uneasy" });
  hear("player_update", { player_id: "p1", position: "sitting", stats: { strength: 40 } });
  hear("inventory_update", { inventory: [LAMP], equipped: {} });
  const { stats, position, inventory, lucidity_tier: tier } = now("player");
  assert.deepEqual(stats, { current_dp: 6, max_dp: 10, lucidity: 70, max_lucidity: 100, strength: 40 });
  assert.deepEqual([position, inventory, tier], ["sitting", [LAMP], "uneasy"]);
});

test("the first page of a map begins it anew", () => {
  const { hear, now } = begun();
  hear("explored_map", { rooms: [{ id: "hall" }], page: 1, more: true });
  hear("explored_map", { rooms: [{ id: "cellar" }], page: 2, more: false });
  hear("room_explored", { id: "attic" });
  assert.deepEqual([...now("map").keys()], ["hall", "cellar", "attic"]);
  hear("explored_map", { rooms: [{ id: "hall" }], page: 1, more: false });
  assert.deepEqual([...now("map").keys()], ["hall"]);
});

test("effects and time are what was told last", () => {
  const { hear, now } = begun();
  assert.deepEqual([now("effects"), now("time")], [[], null]);
  hear("effects_update", { effects: [{ effect_type: "poison" }] });
  hear("mythos_time_update", { mythos_clock: "03:21 Mythos" });
  assert.deepEqual([now("effects")[0].effect_type, now("time").mythos_clock], ["poison", "03:21 Mythos"]);
});

test("what a frame does not speak of stays the very same", () => {
  const { hear, now } = begun();
  const names = ["room", "people", "creatures", "floor", "player", "effects", "map", "time"];
  const before = names.map(now);
  hear("system", { message: "a bell" });
  hear("chat_message", { message: "hello" });
  names.forEach((name, n) => assert.equal(now(name), before[n], name));
});
