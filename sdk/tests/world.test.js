import assert from "node:assert/strict";
import { test } from "node:test";
import "fake-indexeddb/auto";
import { keptIn } from "../indexeddb.js";
import { join, Refusal, World } from "../index.js";
import { socketUrl } from "../surroundings.js";
import { Bench } from "./fakes.js";

/** Lets what was promised happen. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

function joined(options = {}, welcome = {}) {
  const bench = new Bench();
  const world = join("ws://world/", { token: "t", around: bench.around, ...options });
  const statuses = [];
  world.status.on((status) => statuses.push(status));
  bench.welcome(welcome);
  return { bench, world, statuses };
}

/** Breaks the wire and comes back with another welcome. */
function comeBack(bench, welcome, sequence) {
  bench.breakWire();
  bench.elapse();
  bench.welcome(welcome, sequence);
}

const CRASHED = { run: "r2", session_id: "s2", recovered: { run: "r1", tick: 20 } };

test("a world is found by its page or by its socket", () => {
  const found = (url) => socketUrl(url).href;
  assert.equal(found("https://example.org"), "wss://example.org/api/ws");
  assert.equal(found("http://example.org:4000/play"), "ws://example.org:4000/play/api/ws");
  assert.equal(found("wss://example.org/api/ws"), "wss://example.org/api/ws");
});

test("where there is no WebSocket joining says what to do", { skip: globalThis.WebSocket !== undefined }, () => {
  assert.throws(() => join("ws://world/", { token: "t" }), /pass one as `WebSocket`/);
});

test("the status is a word, and more where it ends", () => {
  const { bench, world, statuses } = joined();
  comeBack(bench, { resumed: true });
  bench.hear(2, "error", { code: "session_taken_over", message: "Elsewhere." });
  bench.breakWire(1000);
  assert.deepEqual(statuses, ["joining", "online", "resuming", "online", "offline"]);
  assert.deepEqual(world.detail.now, { phase: "ended", code: "session_taken_over", message: "Elsewhere.", advice: "taken_over" });
});

test("a line that is said as soon as one is online has its number behind the last", () => {
  const bench = new Bench();
  const world = join("", { token: "t", around: bench.around });
  world.status.on((status) => status === "online" && world.do("look"));
  bench.welcome({ last_command_id: 41 });
  assert.deepEqual(bench.commands, [[42, "look"]]);
});

test("events are heard by their type until their listener leaves", () => {
  const { bench, world } = joined();
  const heard = [];
  const off = world.on("chat_message", ({ message }, { tick }) => heard.push([message, tick]));
  bench.hear(2, "chat_message", { message: "Bo says: hello" }, { tick: 4 });
  bench.hear(3, "system", { message: "no chat" });
  off();
  bench.hear(4, "chat_message", { message: "unheard" });
  assert.deepEqual(heard, [["Bo says: hello", 4]]);
});

test("a listener that fails is reported and keeps nobody from hearing", async () => {
  const { bench, world } = joined();
  const heard = [];
  const faults = [];
  const listening = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", ({ message }) => faults.push(message));
  world.on("system", () => {
    throw new Error("mine");
  });
  world.on("system", ({ message }) => heard.push(message));
  bench.hear(2, "system", { message: "one" });
  await settled();
  for (const listener of listening) process.on("uncaughtException", listener);
  assert.deepEqual([heard, faults], [["one"], ["mine"]]);
});

test("a state is told at once, then whenever it is another, and is kept over a new session", () => {
  const { bench, world } = joined();
  const rooms = [];
  world.state("room").on(({ name }) => rooms.push(name));
  bench.hear(2, "game_state", { room: { id: "a", name: "Hall" } });
  world.state("room").on(({ name }) => rooms.push(`again ${name}`));
  bench.hear(3, "system", { message: "nothing new" });
  comeBack(bench, { session_id: "s2" });
  assert.equal(world.state("room").now.name, "Hall");
  assert.deepEqual(rooms, ["Hall", "again Hall"]);
  assert.throws(() => world.state("weather"), RangeError);
});

test("a client may add states of its own", () => {
  const words = (value, { event_type: type, data }) => (type === "chat_message" ? [...(value ?? []), data.message] : value);
  const { bench, world } = joined({ states: { words } });
  bench.hear(2, "chat_message", { message: "one" });
  bench.hear(3, "chat_message", { message: "two" });
  assert.deepEqual(world.state("words").now, ["one", "two"]);
});

test("a command is sent, applied and durable, each when it is", async () => {
  const { bench, world } = joined();
  const stages = [];
  world.commands.on(({ stage }) => stages.push(stage));
  const done = world.do("look");
  assert.equal(await done.sent, 1);
  bench.hear(2, "command_response", { id: 1, ok: true, result: "A hall." }, { tick: 33 });
  const { result, tick, run } = await done.applied;
  assert.deepEqual([result, tick, run], ["A hall.", 33, "r1"]);
  bench.hear(3, "durable", { run: "r1", through_tick: 32 });
  assert.equal(done.stage, "applied");
  bench.hear(4, "durable", { run: "r1", through_tick: 33 });
  await done.durable;
  assert.deepEqual(stages, ["sent", "applied", "durable"]);
});

test("a refusal rejects with the server's code and time to wait", async () => {
  const { bench, world } = joined();
  const done = world.do("say hi");
  const error = { code: "rate_limit_exceeded", message: "Too fast.", retry_after_ms: 900 };
  bench.hear(2, "command_response", { id: 1, ok: false, error });
  await assert.rejects(done.applied, { name: "Refusal", code: "rate_limit_exceeded", retryAfterMs: 900 });
  await assert.rejects(done.durable, Refusal);
});

test("what a crash has undone is lost, what it has not is durable", async () => {
  const { bench, world } = joined();
  const [saved, lost] = [world.do("one"), world.do("two")];
  bench.hear(2, "command_response", { id: 1, ok: true }, { tick: 20 });
  bench.hear(3, "command_response", { id: 2, ok: true }, { tick: 21 });
  comeBack(bench, { ...CRASHED, last_command_id: 1 });
  await saved.durable;
  await assert.rejects(lost.durable, { code: "lost" });
  assert.equal((await lost.applied).tick, 21);
});

test("what is to be done again after a crash is, under its number", async () => {
  const { bench, world } = joined();
  const done = world.do("go north", { again: true });
  bench.hear(2, "command_response", { id: 1, ok: true }, { tick: 21 });
  comeBack(bench, { ...CRASHED, last_command_id: 0 });
  assert.deepEqual(bench.commands, []);
  bench.hear(2, "game_state", {});
  assert.deepEqual(bench.commands, [[1, "go north"]]);
  bench.hear(3, "command_response", { id: 1, ok: true }, { tick: 2_000 });
  bench.hear(4, "durable", { run: "r2", through_tick: 2_000 });
  assert.equal((await done.durable).run, "r2");
});

test("a repeated answer does not say when, so after a crash it is asked for again", async () => {
  const { bench, world } = joined();
  const done = world.do("go north");
  comeBack(bench, { session_id: "s2", last_command_id: 1 });
  bench.hear(2, "game_state", {});
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true }, { tick: 30 });
  comeBack(bench, { ...CRASHED, session_id: "s3", last_command_id: 1 });
  bench.hear(2, "game_state", {});
  assert.deepEqual([done.stage, bench.commands], ["applied", [[1, "go north"]]]);
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true }, { tick: 2_000 });
  bench.hear(4, "durable", { run: "r2", through_tick: 2_000 });
  await done.durable;
});

test("whoever may take a line back sees first where they are", () => {
  const asked = [];
  const { bench, world } = joined({
    veto: ({ line }) => {
      asked.push([line, world.state("room").now?.name]);
      return line === "go north";
    },
  });
  bench.breakWire();
  const stages = [world.do("go north"), world.do("look")];
  bench.elapse();
  bench.welcome({ session_id: "s2" });
  assert.deepEqual(asked, []);
  bench.hear(2, "game_state", { room: { id: "b", name: "Cellar" } });
  assert.deepEqual(asked, [["go north", "Cellar"], ["look", "Cellar"]]);
  assert.deepEqual(stages.map(({ stage }) => stage), ["dropped", "sent"]);
});

test("a line that waited for too long is not said", async () => {
  const { bench, world } = joined({ ttl: 60_000 });
  bench.breakWire();
  const done = world.do("attack rat");
  bench.elapse();
  bench.around.now = () => 61_000;
  bench.welcome({ resumed: true });
  await assert.rejects(done.applied, { code: "expired" });
  assert.deepEqual(bench.commands, []);
});

test("no more lines go out at once than the world takes", () => {
  const { bench, world } = joined();
  for (let n = 0; n < 10; n += 1) world.do(`say ${n}`);
  assert.equal(bench.commands.length, 8);
  bench.around.now = () => 1_250;
  bench.timers.find(({ ms }) => ms === 1_250).run();
  assert.equal(bench.commands.length, 10);
});

test("a line that no server takes is not sent", async () => {
  const { bench, world } = joined();
  await assert.rejects(world.do("x".repeat(1_001)).applied, { code: "too_long" });
  assert.deepEqual(bench.commands, []);
});

test("leaving gives up what waits, and sets no timer", async () => {
  const { bench, world, statuses } = joined();
  const [said, waits] = [world.do("one"), world.do("two")];
  bench.hear(2, "command_response", { id: 1, ok: true }, { tick: 50 });
  world.close();
  await assert.rejects(said.durable, { code: "unknown" });
  await assert.rejects(waits.applied, { code: "unknown" });
  assert.deepEqual([statuses.at(-1), bench.pauses, bench.socket.isClosed], ["offline", [], true]);
});

test("numbers begin at the server's clock, so that two windows have their own", () => {
  const bench = new Bench();
  const world = new World("", { token: "t", around: bench.around });
  world.open();
  bench.socket.onopen();
  const data = { session_id: "s1", player_id: "p1", run: "r1", resumed: false, last_command_id: 7, durable_tick: 1 };
  bench.hear(1, "welcome", data, { timestamp: "2026-11-30T12:00:00Z" });
  world.do("look");
  assert.equal(bench.commands[0][0], Date.parse("2026-11-30T12:00:00Z") * 1_000 + 500_000);
});

test("lines without an answer outlive the page, under their numbers", async () => {
  const keep = keptIn("outlive");
  const bench = new Bench();
  const world = join("", { token: "t", around: bench.around, keep });
  await until(() => bench.sockets.length === 1);
  // The page before may have sent as much as the world takes.
  bench.around.now = () => 9_000;
  bench.welcome();
  world.do("go north");
  assert.deepEqual(bench.commands, [], "its number must be kept first");
  await until(() => bench.commands.length === 1);
  bench.breakWire();
  world.do("look", { ttl: 5_000 });
  await until(async () => (await keep.load()).length === 2);

  const next = new Bench();
  const restored = [];
  const again = new World("", { token: "t", around: next.around, keep: keptIn("outlive") });
  again.commands.on(({ line, stage }) => restored.push(`${line} ${stage}`));
  again.open();
  await until(() => next.sockets.length === 1);
  next.around.now = () => 9_000;
  next.welcome({ session_id: "s2" });
  next.hear(2, "game_state", {});
  await until(() => next.commands.length === 2);
  assert.deepEqual(next.commands, [[1, "go north"], [2, "look"]]);
  assert.deepEqual(restored.slice(0, 2), ["go north sent", "look waiting"]);
  for (const id of [1, 2]) next.hear(2 + id, "command_response", { id, ok: true });
  await until(async () => (await keep.load()).length === 0);
});

test("what waits when a world is left is kept for the next time", async () => {
  const keep = keptIn("left");
  const bench = new Bench();
  const world = join("", { token: "t", around: bench.around, keep });
  await until(() => bench.sockets.length === 1);
  const waits = world.do("look");
  world.close();
  await assert.rejects(waits.applied, { code: "closed" });
  world.open();
  await until(() => bench.sockets.length === 2);
  bench.around.now = () => 9_000;
  bench.welcome();
  bench.hear(2, "game_state", {});
  await until(() => bench.commands.length === 1);
  assert.deepEqual(bench.commands, [[1, "look"]]);
});

/** Waits for what comes about by itself. */
async function until(isSo) {
  const deadline = Date.now() + 5_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, `never: ${isSo}`);
    await settled();
  }
}
