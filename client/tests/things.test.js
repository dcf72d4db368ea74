import assert from "node:assert/strict";
import { test } from "node:test";
import { belongingsOf, loadText, worded } from "../belongings.js";
import { takesThings, wayLine, withCarried, withCreature, withFoe, withLying, withPerson, withStanding, withWorn } from "../deeds.js";
import { Hands } from "../hands.js";
import { exitWords } from "../room.js";
import { namesIn, NOWHERE, reduce } from "../state.js";
import { frame } from "../../sdk/tests/fakes.js";

const STACK = (name, more = {}) => ({ item_instance_id: name, item_name: name, quantity: 1, flags: [], metadata: {}, ...more });
const UPDATE = {
  inventory: [
    STACK("roll of bandage", { quantity: 3, metadata: { kind: "consumable", weight: 6 } }),
    STACK("satchel", { metadata: { kind: "container" }, inner_container: { closed: true, items: [{ item_instance_id: "c", item_name: "chalk", quantity: 2 }] } }),
  ],
  equipped: {
    head: STACK("cap lamp", { metadata: { lit: true, slots: ["head"], durability: 25, wear: 5 } }),
    main_hand: STACK("clasp-knife", { metadata: { kind: "weapon", slots: ["main_hand", "off_hand"] } }),
  },
  slots_used: 2,
  slots_total: 20,
  weight: 9,
  weight_max: 510,
};
const NOBODY = { others: [], things: [], holders: [] };

/** The labels of a menu, and what each says. */
function menu(make) {
  const said = [];
  const voice = { say: (line) => said.push(line), address: (name) => said.push(`(whisper ${name})`), begin: (line) => said.push(`(begin ${line})`) };
  const choices = make(voice);
  for (const { act } of choices) act();
  return choices.map(({ label }, index) => [label, said[index]]);
}

test("what one has is told with where it is worn and what it weighs", () => {
  const { carried, worn, load } = belongingsOf(UPDATE);
  assert.deepEqual(carried.map(({ name, quantity, state }) => [name, quantity, state]), [["roll of bandage", 3, ""], ["satchel", 1, "closed"]]);
  assert.deepEqual(worn.map(({ name, slot, state }) => [name, slot, state]), [["clasp-knife", "main_hand", ""], ["cap lamp", "head", "lit, 20 of 25 wear left"]]);
  assert.equal(loadText(load), "0.9 of 51 lb, 2 of 20 places");
});

test("who tells nothing of what one has takes nothing away", () => {
  const state = reduce(NOWHERE, frame("inventory_update", UPDATE));
  const later = reduce(state, frame("game_state", { player: { id: "p1", name: "Ann" } }));
  assert.deepEqual(later.carried, state.carried);
  const worn = reduce(state, frame("game_state", { player: { id: "p1", name: "Ann", inventory: [], equipped: {}, weight_max: 0 } }));
  assert.deepEqual([worn.carried, worn.worn, worn.load], [[], [], null]);
});

test("several of one name are meant by their numbers", () => {
  assert.deepEqual(worded([{ name: "lamp" }, { name: "book" }, { name: "lamp" }]).map(({ word }) => word), ["lamp", "book", "2.lamp"]);
});

test("a stack can be used, put down whole or by one, given and put away", () => {
  const [roll] = worded(belongingsOf(UPDATE).carried);
  assert.deepEqual(menu((voice) => withCarried(roll, { others: ["Bo"], things: [], holders: ["crate"] }, voice)), [
    ["Use", "use roll of bandage"],
    ["Put down", "drop roll of bandage"],
    ["Put down one", "drop roll of bandage 1"],
    ["Look at", "look roll of bandage"],
    ["Use on Bo", "use roll of bandage on Bo"],
    ["Give to Bo", "give roll of bandage to Bo"],
    ["Put in crate", "put roll of bandage in crate"],
  ]);
});

test("what can be held is held first, what is worn comes off", () => {
  const [knife, lamp] = worded(belongingsOf(UPDATE).worn);
  assert.deepEqual(menu((voice) => withCarried(knife, NOBODY, voice))[0], ["Hold", "wear clasp-knife"]);
  assert.deepEqual(menu((voice) => withCarried(lamp, NOBODY, voice)).slice(0, 2), [["Wear", "wear cap lamp"], ["Put out", "extinguish cap lamp"]]);
  assert.deepEqual(menu((voice) => withWorn(knife, voice)), [["Put away", "remove clasp-knife"], ["Look at", "look clasp-knife"]]);
  assert.deepEqual(menu((voice) => withWorn(lamp, voice))[0], ["Take off", "remove cap lamp"]);
});

test("a closed bag is opened before it is looked into", () => {
  const satchel = worded(belongingsOf(UPDATE).carried)[1];
  assert.deepEqual(menu((voice) => withCarried(satchel, NOBODY, voice))[0], ["Open", "open satchel"]);
  const open = { ...satchel, closed: false };
  assert.deepEqual(menu((voice) => withCarried(open, NOBODY, voice)).slice(0, 2), [["Look in", "look in satchel"], ["Close", "close satchel"]]);
});

test("what stands here is unlocked, opened, looked into and looted", () => {
  const crate = { name: "crate", word: "crate", closed: true, locked: true, isCorpse: false };
  const first = (stands) => menu((voice) => withStanding(stands, voice))[0];
  assert.deepEqual(first(crate), ["Unlock", "unlock crate"]);
  assert.deepEqual(first({ ...crate, locked: false }), ["Open", "open crate"]);
  assert.deepEqual(first({ ...crate, locked: false, closed: false }), ["Look in", "look in crate"]);
  const corpse = menu((voice) => withStanding({ ...crate, word: "corpse of a rat", locked: false, closed: false, isCorpse: true }, voice));
  assert.deepEqual(corpse[0], ["Loot", "loot corpse of a rat"]);
  assert.ok(!corpse.some(([label]) => label === "Close"));
});

test("who lives here is considered, attacked and spoken to", () => {
  const rat = { name: "wharf rat", word: "2.wharf rat" };
  const things = worded(belongingsOf(UPDATE).carried);
  assert.deepEqual(menu((voice) => withCreature(rat, { ...NOBODY, things: things.slice(0, 1) }, voice)), [
    ["Look at", "look 2.wharf rat"],
    ["Consider", "consider 2.wharf rat"],
    ["Attack", "attack 2.wharf rat"],
    ["Speak to", "(begin say wharf rat, )"],
    ["Give roll of bandage", "give roll of bandage to 2.wharf rat"],
  ]);
  assert.deepEqual(menu((voice) => withFoe(rat, voice))[0], ["Attack", "attack 2.wharf rat"]);
});

test("a person is whispered to and given to, and nobody attacks one from a menu", () => {
  const labels = menu((voice) => withPerson("Bo", { ...NOBODY, things: [{ name: "lamp", word: "lamp" }] }, voice));
  assert.deepEqual(labels.slice(0, 2), [["Look at", "look Bo"], ["Whisper to", "(whisper Bo)"]]);
  assert.ok(labels.some(([label, line]) => label === "Give lamp" && line === "give lamp to Bo"));
  assert.ok(!labels.some(([label]) => label === "Attack"));
});

test("of a heap one takes all or one", () => {
  assert.deepEqual(menu((voice) => withLying({ word: "candle", quantity: 4 }, voice)).slice(0, 2), [["Take", "get candle"], ["Take one", "get candle 1"]]);
  assert.deepEqual([takesThings("Get lamp"), takesThings("loo corpse"), takesThings("drop lamp")], [true, true, false]);
});

test("a closed door says so and is opened, a locked one unlocked", () => {
  const door = { to: "b", door: "baize door", closed: true, locked: false };
  assert.deepEqual(exitWords(door), ["baize door", "closed"]);
  assert.deepEqual(exitWords({ ...door, locked: true }), ["baize door", "locked"]);
  assert.deepEqual(exitWords({ to: "b" }), ["", ""]);
  assert.deepEqual([wayLine("north", door), wayLine("north", { ...door, locked: true }), wayLine("north", { ...door, closed: false }), wayLine("up", undefined)], ["open north", "unlock north", "north", "up"]);
});

const HALL = { id: "hall", name: "Hall", description: "A bell.", exits: { north: { to: "yard", closed: true } }, details: ["bell"] };
const IN_HALL = [
  frame("game_state", { player: { id: "p1", name: "Ann" }, room: HALL, occupants: ["Ann", "Bo"] }),
  frame("room_update", {
    room: HALL,
    occupants: ["Ann", "Bo"],
    npcs: [{ id: "n1", name: "rat", number: 1, kind: "aggressive_mob", short: "" }, { id: "n2", name: "rat", number: 2, kind: "aggressive_mob", short: "" }],
    room_drops: [{ index: 1, item_instance_id: "l1", item_name: "lamp", quantity: 1 }],
    containers: [{ container_id: "s1", name: "shelf", closed: false, lock_state: "unlocked", source_type: "environment" }],
  }),
  frame("inventory_update", UPDATE),
].reduce(reduce, NOWHERE);

test("what lives, lies and stands in a room is known until one leaves it", () => {
  assert.deepEqual(namesIn(IN_HALL), ["Bo", "rat", "rat", "shelf", "roll of bandage", "satchel", "clasp-knife", "cap lamp", "lamp", "north"]);
  const gone = reduce(IN_HALL, frame("room_update", { room: { ...HALL, id: "yard" }, occupants: ["Ann"] }));
  assert.deepEqual([gone.creatures, gone.floor, gone.standing], [[], [], []]);
  const late = frame("room_drops", { room_drops: [] }, { room_id: "elsewhere" });
  assert.equal(reduce(IN_HALL, late), IN_HALL);
});

test("what is pressed is gone, looked at, or opens what can be done with it", () => {
  const said = [];
  const opened = [];
  const hands = new Hands({ open: (_, title, choices) => opened.push([title, choices[0].label]) }, { say: (line) => said.push(line) }, () => IN_HALL);
  hands.press("exit", "north", null);
  hands.press("detail", "bell", null);
  for (const [kind, key] of [["creature", "n2"], ["creature", "rat"], ["stand", "s1"], ["lying", "l1"], ["thing", "lamp"], ["worn", "cap lamp"], ["thing", "satchel"], ["person", "Bo"], ["thing", "gone"]]) hands.press(kind, key, null);
  assert.deepEqual(said, ["open north", "look bell"]);
  assert.deepEqual(opened, [["rat", "Look at"], ["rat", "Look at"], ["shelf", "Look in"], ["lamp", "Take"], ["lamp", "Take"], ["cap lamp", "Take off"], ["satchel", "Open"], ["Bo", "Look at"]]);
  hands.first("lying", "l1");
  assert.equal(said.at(-1), "get lamp");
});

test("closed ways are none to flee by", () => {
  const labels = new Hands({}, { say: () => {} }, () => ({ ...IN_HALL, room: { ...HALL, exits: { north: { to: "a", closed: true }, up: { to: "b" } } } })).choices("fight", "").map(({ label }) => label);
  assert.deepEqual(labels, ["See to my wounds", "Flee up"]);
});
