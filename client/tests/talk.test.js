import assert from "node:assert/strict";
import { test } from "node:test";
import { isTalk, mentions, tabOf } from "../channels.js";
import { complete } from "../completion.js";
import { pastEntries } from "../entries.js";
import { History } from "../history.js";
import { Keeping } from "../keeping.js";
import { nameLines } from "../maplayout.js";
import { splitterFor } from "../nouns.js";
import { Recall } from "../recall.js";
import { asText, LINES_MAX, Scrollback } from "../scrollback.js";
import { DEFAULTS, settingsFrom } from "../settings.js";
import { NOWHERE } from "../state.js";
import { Store } from "../store.js";
import { Walker, wayTo } from "../walker.js";

function store() {
  const values = new Map();
  const storage = { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value), removeItem: (key) => values.delete(key) };
  return new Store(() => storage);
}

const VERBS = [
  { words: ["look", "l"], usage: "look [at]" },
  { words: ["local"], usage: "local <words>" },
  { words: ["whisper", "tell"], usage: "whisper <name> <words>" },
];

test("a half-typed verb is completed with what it takes, the shortest first", () => {
  const choices = complete("lo", { verbs: VERBS, names: [] });
  assert.deepEqual(choices.map(({ line, hint }) => [line, hint]), [["look ", "look [at]"], ["local ", "local <words>"]]);
  assert.deepEqual(complete("te", { verbs: VERBS, names: [] }).map(({ line }) => line), ["tell "]);
});

test("what follows a verb is completed with what is here, once each", () => {
  const names = ["Bo", "book", "north", "Bo"];
  assert.deepEqual(complete("look bo", { verbs: VERBS, names }).map(({ line }) => line), ["look Bo ", "look book "]);
  assert.deepEqual(complete("look ", { verbs: VERBS, names }), []);
  assert.deepEqual(complete("", { verbs: VERBS, names }), []);
});

test("a name is a mention only as a word", () => {
  assert.deepEqual(["Ann?", "hi ann", "Annabel, Ann", "Annabel", "Joann", ""].map((words) => mentions(words, "Ann")), [true, true, true, false, false, false]);
  assert.equal(mentions("anything", ""), false);
});

test("a channel has its tab, what is no talk has none", () => {
  assert.deepEqual(["say", "emote", "whisper", "admin", undefined].map(tabOf), ["say", "say", "whisper", "staff", ""]);
});

test("talk is told from what has an answer of its own", () => {
  assert.deepEqual(["say hi", "'hi", ";waves", "Glo x", "look", "sayhi"].map(isTalk), [true, true, true, true, false, false]);
});

test("of many characters the latest are remembered", () => {
  const kept = store();
  assert.deepEqual(["a", "b", "a", "c", "d"].map((id) => kept.visit(id, 2)), [[], [], [], ["b"], ["a"]]);
});

test("people, things, ways and addresses are found in a text", () => {
  const state = {
    ...NOWHERE,
    self: { id: "p1", name: "Ann" },
    room: { id: "a", name: "A", description: "", exits: { north: { to: "b" } } },
    occupants: [{ id: "p1", name: "Ann" }, { id: "p2", name: "Bo" }],
    floor: [{ index: 1, item_instance_id: "t", item_name: "brass lamp", quantity: 1 }],
  };
  const found = splitterFor(state)("Ann and Bo go North past a brass lamp, see https://example.org/a?b. Bob stays south.");
  assert.deepEqual(found.filter(({ kind }) => kind).map(({ kind, name }) => [kind, name]), [
    ["person", "Bo"],
    ["exit", "north"],
    ["thing", "brass lamp"],
    ["link", "https://example.org/a?b"],
  ]);
  assert.equal(found.map(({ text }) => text).join(""), "Ann and Bo go North past a brass lamp, see https://example.org/a?b. Bob stays south.");
});

test("a name with signs in it is no pattern", () => {
  const state = { ...NOWHERE, carried: [{ id: "t", name: "lamp (+1) [x]" }, { id: "u", name: "oil-lamp/2" }] };
  assert.deepEqual(splitterFor(state)("A lamp (+1) [x] shines."), [
    { text: "A " },
    { text: "lamp (+1) [x]", kind: "thing", name: "lamp (+1) [x]" },
    { text: " shines." },
  ]);
});

test("only web addresses become links", () => {
  assert.deepEqual(splitterFor(NOWHERE)("javascript:alert(1) data:text/html,x"), [{ text: "javascript:alert(1) data:text/html,x" }]);
});

test("creatures, details and what stands here are found in a text", () => {
  const state = {
    ...NOWHERE,
    room: { id: "a", name: "A", description: "", exits: {}, details: ["brass bell", "bell"] },
    creatures: [{ id: "n", name: "wharf rat", number: 1, kind: "aggressive_mob", short: "" }],
    standing: [{ container_id: "c", name: "parcel shelf", closed: false, lock_state: "unlocked", source_type: "environment" }],
    worn: [{ id: "w", name: "cap lamp", quantity: 1 }],
  };
  const found = splitterFor(state)("The wharf rat sits by the brass bell on the parcel shelf. A bellman lifts his cap lamp.");
  assert.deepEqual(found.filter(({ kind }) => kind).map(({ kind, name }) => [kind, name]), [
    ["creature", "wharf rat"],
    ["detail", "brass bell"],
    ["stand", "parcel shelf"],
    ["thing", "cap lamp"],
  ]);
});

const MAP = new Map(
  [
    { id: "a", name: "A", exits: { east: "b", north: "d" } },
    { id: "b", name: "B", exits: { west: "a", east: "c" } },
    { id: "c", name: "C", exits: { west: "b", south: "unseen" } },
    { id: "d", name: "D", exits: { south: "a" } },
  ].map((room) => [room.id, { ...room, x: 0, y: 0, z: 0 }]),
);

test("the shortest way leads over explored rooms, at last into one that is not", () => {
  assert.deepEqual(wayTo(MAP, "a", "unseen").map(({ direction }) => direction), ["east", "east", "south"]);
  assert.deepEqual(wayTo(MAP, "d", "c").map(({ direction }) => direction), ["south", "east", "east"]);
  assert.deepEqual(wayTo(MAP, "a", "a"), []);
  assert.equal(wayTo(MAP, "a", "nowhere"), null);
});

test("a walk waits for each room and stops where it is led astray", () => {
  const said = [];
  const walker = new Walker((line) => said.push(line));
  walker.go(wayTo(MAP, "a", "unseen"));
  assert.deepEqual(said, ["east"]);
  walker.arrive("b");
  assert.deepEqual(said, ["east", "east"]);
  walker.arrive("d");
  walker.arrive("c");
  assert.deepEqual([said, walker.isWalking], [["east", "east"], false]);
});

test("a walk that is stopped says no more", () => {
  const said = [];
  const walker = new Walker((line) => said.push(line));
  walker.go(wayTo(MAP, "a", "c"));
  walker.stop();
  walker.arrive("b");
  assert.deepEqual(said, ["east"]);
});

test("a room's name fits under its box", () => {
  assert.deepEqual(nameLines("The Sanitarium Foyer"), ["Sanitarium", "Foyer"]);
  assert.deepEqual(nameLines("High Lane, at the Gates"), ["High Lane,", "at the…"]);
});

const LINE = (text, at, more = {}) => ({ kind: "chat", text, at, ...more });

test("the log is kept over a reload, for each character", () => {
  const kept = store();
  const before = new Scrollback(kept);
  before.open("c1");
  before.add(LINE("Bo says: hush", 1_000));
  before.save();
  const after = new Scrollback(kept);
  after.open("c1");
  assert.deepEqual(after.lines.map(({ text }) => text), ["Bo says: hush"]);
  assert.deepEqual([after.lastOf("c1"), after.lastOf("c2")], [1_000, Infinity]);
  after.open("c2");
  assert.deepEqual(after.lines, []);
});

test("a kept log is bounded and outlives what it can't read", () => {
  const kept = store();
  kept.write("log.c1", [null, { kind: "chat" }, LINE("fine", 1)]);
  const log = new Scrollback(kept);
  log.open("c1");
  for (let n = 0; n < 2 * LINES_MAX; n += 1) log.add(LINE("x".repeat(1_000), n));
  assert.equal(log.lines.length, LINES_MAX);
  log.save();
  const letters = JSON.stringify(kept.read("log.c1")).length;
  assert.ok(letters > 200_000 && letters < 350_000, String(letters));
});

test("nothing of a character is left when it logs out", () => {
  const kept = store();
  const log = new Scrollback(kept);
  log.open("c1");
  log.add(LINE("a secret", 1));
  log.save();
  log.forget();
  assert.equal(kept.read("log.c1"), null);
  assert.deepEqual(log.lines, []);
});

test("a line that was said before goes where it belongs", () => {
  const log = new Scrollback(store());
  log.open("c1");
  log.add(LINE("one", 1_000));
  log.add(LINE("three", 9_000));
  log.add(LINE("two", 5_000, { past: "two" }));
  assert.deepEqual(log.lines.map(({ text }) => text), ["one", "two", "three"]);
  assert.deepEqual([LINE("one", 1_900), LINE("one", 9_000), LINE("four", 1_000)].map((line) => log.knows(line)), [true, false, false]);
  log.save();
});

test("a first visit has missed nothing, a later one what was said since", () => {
  const log = new Scrollback(store());
  log.open("c1");
  assert.equal(log.readSince(), Infinity);
  assert.ok(Date.now() - log.readSince() < 10_000);
});

test("the log as a file has times and marks what was typed", () => {
  const at = new Date(2026, 10, 5, 9, 7).getTime();
  const text = asText([{ kind: "echo", text: "look", at }, { kind: "room", title: "Hall", text: "Cold.", at }]);
  assert.equal(text, "[2026-11-05 09:07] > look\n[2026-11-05 09:07] Hall\nCold.\n");
});

test("an answer to history becomes lines of talk with their time", () => {
  const lines = [{ channel: "global", message: "Bo: hi", player_name: "Bo", sender_id: "p2", timestamp: "2026-11-05T09:07:00Z" }];
  const entry = { kind: "chat", text: "Bo: hi", channel: "global", speaker: "Bo", sender: "p2", at: Date.parse(lines[0].timestamp), past: "Bo: hi" };
  assert.deepEqual(pastEntries({ kind: "history", channel: "global", lines }), [entry]);
  assert.deepEqual(pastEntries(null), []);
});

test("what was missed is asked for once a channel, one question at a time", async () => {
  const asked = [];
  const mended = [];
  let open = 0;
  const ask = async (line) => {
    assert.equal((open += 1), 1);
    asked.push(line);
    await Promise.resolve();
    open -= 1;
    return { kind: "history", lines: [{ channel: "say", message: line, player_name: "Bo", timestamp: "2026-01-01T00:00:00Z" }] };
  };
  const recall = new Recall(ask, { mend: (lines) => mended.push(lines.length) });
  recall.begin(Infinity);
  recall.channel("global");
  recall.channel("global");
  recall.channel("whisper");
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked, ["history global 50"]);
  recall.begin(Date.parse("2026-06-01T00:00:00Z"));
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked.slice(1), ["history say 50", "history local 50", "history global 50"]);
  assert.deepEqual(mended, [1, 0, 0, 0]);
});

test("verbs are asked for once, and again where there was no answer", async () => {
  const asked = [];
  const answers = [null, { kind: "help" }];
  const recall = new Recall(async (line) => (asked.push(line), answers.shift() ?? null), { mend: () => {} });
  for (let n = 0; n < 4; n += 1) {
    recall.verbs();
    recall.verbs();
    await new Promise((done) => setImmediate(done));
  }
  assert.deepEqual(asked, ["help", "help"]);
});

test("settings that mean nothing any more are passed over", () => {
  const isOffered = (name, value) => name === "theme" && value === "dark";
  const kept = { theme: "dark", font: "runes", echo: false, times: "yes", size: 3, unknown: 1 };
  assert.deepEqual(settingsFrom(kept, isOffered), { ...DEFAULTS, theme: "dark", echo: false });
  assert.deepEqual(settingsFrom(null, isOffered), DEFAULTS);
});

test("typed lines come back from what was kept, whatever that is", () => {
  const history = new History();
  history.restore(["look", 3, null, "north"]);
  assert.equal(history.older(""), "north");
  assert.deepEqual(history.lines, ["look", "north"]);
  history.restore("nonsense");
  assert.deepEqual(history.lines, []);
});

test("a guest is reminded at each right moment once, who is none never", () => {
  const offered = [];
  const keeping = new Keeping((words) => offered.push(words));
  const guest = { token: "", refreshToken: "", username: "", isGuest: true, characterId: "c", characterName: "Ann" };
  keeping.begin(guest);
  for (let n = 0; n < 30; n += 1) keeping.said();
  keeping.at("thing");
  keeping.at("thing");
  assert.equal(offered.length, 2);
  assert.ok(offered.every((words) => words.includes("Ann")));
  keeping.begin({ ...guest, isGuest: false });
  keeping.at("level");
  assert.equal(offered.length, 2);
});
