import assert from "node:assert/strict";
import { test } from "node:test";
import { marksAfterWatermark, marksAfterWelcome, NO_MARKS, standing } from "../../sdk/durability.js";
import { entriesFor } from "../entries.js";
import { NOWHERE, reduce } from "../state.js";
import { frame, WELCOME } from "../../sdk/tests/fakes.js";

const HALL = { id: "hall", name: "Hall", description: "Cold.", exits: { north: { to: "yard" } } };
const YARD = { id: "yard", name: "Yard", description: "Colder.", exits: {} };
const PLAYER = { id: "p1", name: "Ann", stats: { lucidity: 72, max_lucidity: 90 }, lucidity_tier: "lucid" };
const IN_HALL = [
  frame("welcome", WELCOME),
  frame("game_state", { player: PLAYER, room: HALL, occupants: ["Ann", "Bo"], players: [{ id: "p2", name: "Bo", linkdead: true }] }),
].reduce(reduce, NOWHERE);

/** What the log says about one frame. */
function told(state, next) {
  return entriesFor(next, state, reduce(state, next)).map(({ kind, text }) => [kind, text]);
}

test("a game state gives room, self, company and lucidity", () => {
  assert.equal(IN_HALL.room.name, "Hall");
  assert.deepEqual(IN_HALL.self, { id: "p1", name: "Ann" });
  assert.deepEqual(IN_HALL.occupants.map(({ name, linkdead }) => [name, linkdead]), [["Ann", undefined], ["Bo", true]]);
  assert.deepEqual(IN_HALL.lucidity, { current: 72, max: 90, tier: "lucid", liabilities: [] });
});

test("what lies in a room and who takes it is told", () => {
  const moved = frame("room_update", { room: YARD, occupants: ["Ann"], drop_summary: "On the floor: lamp." });
  assert.deepEqual(told(IN_HALL, moved), [["room", "Colder.\nOn the floor: lamp."]]);
  const taken = frame("inventory_pickup", { player_id: "p2", message: "Bo takes the lamp." });
  assert.deepEqual(told(IN_HALL, taken), [["coming", "Bo takes the lamp."]]);
});

test("what plugins say of a room stands after its description", () => {
  const foggy = frame("room_update", { room: { ...YARD, lines: ["You can't see your hand."] }, occupants: ["Ann"] });
  assert.deepEqual(told(IN_HALL, foggy), [["room", "Colder.\nYou can't see your hand."]]);
});

test("the occupants of a room just left do not appear in the next", () => {
  const late = frame("room_occupants", { occupants: ["Cy"], players: [] }, { room_id: "hall" });
  const moved = reduce(IN_HALL, frame("room_update", { room: YARD, occupants: ["Ann"] }));
  assert.equal(reduce(moved, late), moved);
  assert.deepEqual(reduce(IN_HALL, late).occupants.map(({ name }) => name), ["Cy"]);
});

test("a change of company is applied by id, once and only here", () => {
  const cy = { id: "p3", name: "Cy", linkdead: false, position: "standing" };
  const bo = { id: "p2", name: "Bo", linkdead: false, position: "sitting" };
  const change = { room_id: "hall", joined: [cy, bo], left: ["p9"], changed: [], count: 3 };
  const after = reduce(IN_HALL, frame("room_occupants_changed", change));
  assert.deepEqual(after.occupants.map(({ name, position }) => [name, position]), [
    ["Ann", undefined],
    ["Bo", "sitting"],
    ["Cy", "standing"],
  ]);
  assert.equal(after.company, 3);
  const left = reduce(after, frame("room_occupants_changed", { ...change, joined: [], left: ["p2"], count: 2 }));
  assert.deepEqual(left.occupants.map(({ name }) => name), ["Ann", "Cy"]);
  assert.equal(reduce(left, frame("room_occupants_changed", { ...change, room_id: "yard" })), left);
});

test("of a crowd so many are listed and all are counted", () => {
  const many = Array.from({ length: 50 }, (_, n) => ({ id: `q${n}`, name: `Q${n}`, linkdead: false }));
  const state = reduce(IN_HALL, frame("room_update", { room: YARD, occupants: many.map(({ name }) => name), players: many, count: 2000 }));
  const change = { room_id: "yard", joined: [{ id: "p8", name: "Di" }], left: [], changed: [{ id: "p7", name: "Ed" }], count: 2001 };
  const after = reduce(state, frame("room_occupants_changed", change));
  assert.equal(after.occupants.length, 50);
  assert.equal(after.company, 2001);
});

test("what was said before one came is told apart from what is said", () => {
  const echo = frame("chat_history", { room_id: "hall", lines: [{ message: "Bo says: hush" }] });
  assert.deepEqual(told(IN_HALL, echo), [["coming", "Said before: Bo says: hush"]]);
});

test("another mind's lucidity is not ours", () => {
  const change = { current_lcd: 3, max_lcd: 90, delta: -69, tier: "deranged" };
  assert.equal(reduce(IN_HALL, frame("lucidity_change", { ...change, player_id: "p2" })), IN_HALL);
  assert.equal(reduce(IN_HALL, frame("lucidity_change", { ...change, player_id: "p1" })).lucidity.tier, "deranged");
});

test("a mind that comes back is read of once", () => {
  const back = { status: "recovered", rescuer_name: "Bo", target_name: "Ann", message: "Ann blinks." };
  assert.deepEqual(told(IN_HALL, frame("catatonia", back)), []);
  assert.deepEqual(told(IN_HALL, frame("catatonia", { ...back, target_name: "Cy" })), [["strange", "Ann blinks."]]);
  assert.deepEqual(told(IN_HALL, frame("catatonia", { ...back, rescuer_name: "Ann", target_name: "Cy" })), []);
  assert.deepEqual(told(IN_HALL, frame("catatonia", { ...back, status: "catatonic", rescuer_name: null })), [
    ["strange", "Ann blinks."],
  ]);
});

test("explored_map pages merge and the first replaces", () => {
  const page = (/** @type {string} */ id, /** @type {number} */ number) =>
    frame("explored_map", { rooms: [{ id, name: id, x: 0, y: 0, z: 0 }], page: number, more: number < 2 });
  const old = reduce(IN_HALL, page("gone", 1));
  const whole = reduce(reduce(old, page("hall", 1)), page("yard", 2));
  assert.deepEqual([...whole.explored.keys()], ["hall", "yard"]);
});

test("explored rooms gather one by one", () => {
  const mapped = reduce(IN_HALL, frame("explored_map", { rooms: [{ id: "hall", name: "Hall", x: 0, y: 0, z: 0 }] }));
  const more = reduce(mapped, frame("room_explored", { id: "yard", name: "Yard", x: 0, y: -1, z: 0 }));
  assert.deepEqual([...more.explored.keys()], ["hall", "yard"]);
  assert.equal(mapped.explored.size, 1);
});

test("an unknown event changes nothing and says nothing", () => {
  const strange = frame("moon_rise", { message: "?" });
  assert.equal(reduce(IN_HALL, strange), IN_HALL);
  assert.deepEqual(told(IN_HALL, strange), []);
});

test("a room is described on arrival and not again for a passer-by", () => {
  assert.deepEqual(told(IN_HALL, frame("room_update", { room: YARD, occupants: [] })), [["room", "Colder."]]);
  assert.deepEqual(told(IN_HALL, frame("room_update", { room: HALL, occupants: ["Ann"] })), []);
});

test("a refused command reads as its message with the wait", () => {
  const refused = frame("command_response", { id: 1, ok: false, error: { code: "rate_limit_exceeded", message: "Too fast.", retry_after_ms: 1_400 } });
  assert.deepEqual(told(IN_HALL, refused), [["error", "Too fast. Try again in 2 seconds."]]);
});

const lucidity = (tier, reason) =>
  frame("lucidity_change", { player_id: "p1", current_lcd: 65, max_lcd: 90, delta: -1, tier, reason });

test("a change of tier is a line in the way it went", () => {
  const slipped = reduce(IN_HALL, lucidity("uneasy", "a_dream"));
  assert.deepEqual(told(IN_HALL, lucidity("uneasy", "a_dream")), [["lucidity", "Your mind slips. You are uneasy."]]);
  assert.deepEqual(told(slipped, lucidity("lucid", "pray")), [["lucidity", "Your mind clears. You are lucid."]]);
});

test("points within a tier move the bar and say nothing", () => {
  for (const reason of ["passive_flux", "encounter_horrific"]) {
    assert.deepEqual(told(IN_HALL, lucidity("lucid", reason)), []);
    assert.equal(reduce(IN_HALL, lucidity("lucid", reason)).lucidity.current, 65);
  }
});

test("a wound is a line, mending is none", () => {
  const change = (lost) => frame("player_dp_updated", { player_id: "p1", damage_taken: lost, new_dp: 9, max_dp: 20 });
  assert.deepEqual(told(IN_HALL, change(3)), [["body", "You are hurt."]]);
  assert.deepEqual(told(IN_HALL, change(-1)), []);
});

test("a stop of the server is no refusal", () => {
  const stop = frame("error", { code: "system_error", message: "The server stops for a moment." });
  assert.deepEqual(told(IN_HALL, stop), [["system", "The server stops for a moment."]]);
});

test("our own coming and going is not told to us", () => {
  assert.deepEqual(told(IN_HALL, frame("player_entered", { player_id: "p1", message: "Ann arrives." })), []);
  assert.deepEqual(told(IN_HALL, frame("player_entered", { player_id: "p2", message: "Bo arrives." })), [["coming", "Bo arrives."]]);
});

test("an answer is durable once the watermark of its run covers its tick", () => {
  const marks = marksAfterWelcome(NO_MARKS, { run: "r1", durable_tick: 5 });
  assert.equal(standing({ run: "r1", tick: 5 }, marks), "durable");
  assert.equal(standing({ run: "r1", tick: 6 }, marks), "applied");
  assert.equal(standing({ run: "r1", tick: 6 }, marksAfterWatermark(marks, { run: "r1", through_tick: 6 })), "durable");
});

test("a watermark of another run and one that falls are ignored", () => {
  const marks = marksAfterWelcome(NO_MARKS, { run: "r1", durable_tick: 5 });
  assert.equal(marksAfterWatermark(marks, { run: "r0", through_tick: 99 }), marks);
  assert.equal(marksAfterWatermark(marks, { run: "r1", through_tick: 4 }), marks);
  assert.equal(marksAfterWelcome(marks, { run: "r1", durable_tick: 2 }).throughTick, 5);
});

test("after a crash the welcome tells which answers survived", () => {
  const before = marksAfterWelcome(NO_MARKS, { run: "r1", durable_tick: 5 });
  const after = marksAfterWelcome(before, { run: "r2", durable_tick: 0, recovered: { run: "r1", tick: 8 } });
  assert.equal(standing({ run: "r1", tick: 8 }, after), "durable");
  assert.equal(standing({ run: "r1", tick: 9 }, after), "lost");
  assert.equal(standing({ run: "r0", tick: 1 }, after), "unknown");
});

test("what shocks have left is there from the beginning", () => {
  const player = { ...PLAYER, liabilities: ["bleak_outlook (x2)"] };
  const state = reduce(IN_HALL, frame("game_state", { player, room: HALL, occupants: ["Ann"] }));
  assert.deepEqual(state.lucidity.liabilities, ["bleak_outlook (x2)"]);
});

test("a sight, a dawn, a level and an awakening are read", () => {
  const words = (type, data) => told(IN_HALL, frame(type, data));
  assert.deepEqual(words("encounter", { archetype: "rats", message: "Rats." }), [["strange", "Rats."]]);
  assert.deepEqual(words("mythos_time_update", { mythos_clock: "05:00 Mythos", message: "It is dawn." }), [["system", "It is dawn."]]);
  assert.deepEqual(words("mythos_time_update", { mythos_clock: "06:00 Mythos" }), []);
  assert.deepEqual(words("player_update", { player_id: "p1", level: 2, message: "You are of level 2." }), [["body", "You are of level 2."]]);
  assert.deepEqual(words("player_update", { player_id: "p1", level: 2 }), []);
  assert.deepEqual(words("player_delirium_respawned", { message: "You wake." }), [["strange", "You wake."]]);
});
