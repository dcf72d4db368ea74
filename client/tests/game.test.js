import assert from "node:assert/strict";
import { test } from "node:test";
import { Game } from "../game.js";
import { Bench } from "../../sdk/tests/fakes.js";

function entered(welcome = {}) {
  const bench = new Bench();
  const seen = { told: [], answered: [], refused: [], done: [], entered: 0, status: [], state: null };
  const game = new Game(bench.around, { token: "t" }, {
    changed: (state) => (seen.state = state),
    told: (entry) => seen.told.push(entry.text),
    written: () => {},
    posted: () => {},
    answered: (letter, stamp, hasText) => {
      seen.answered.push([letter.line, stamp]);
      seen.hasText = hasText;
    },
    done: (letter, ok) => seen.done.push([letter.line, ok]),
    entered: () => (seen.entered += 1),
    refused: (letter, fault) => seen.refused.push([letter.line, fault.code]),
    status: (status) => seen.status.push(status.phase),
  });
  game.enter();
  bench.welcome(welcome);
  return { bench, game, seen };
}

/** Breaks the wire and comes back with another welcome. */
function comeBack(bench, welcome, sequence) {
  bench.breakWire();
  bench.elapse();
  bench.welcome(welcome, sequence);
}

test("a line goes out with the id after the last", () => {
  const { bench, game } = entered({ last_command_id: 4 });
  game.say("look");
  assert.deepEqual(bench.commands, [[5, "look"]]);
});

test("an answer settles its line with run and tick", () => {
  const { bench, game, seen } = entered();
  game.say("look");
  bench.hear(2, "command_response", { id: 1, ok: true, result: "A hall." }, { tick: 33 });
  assert.deepEqual(seen.answered, [["look", { run: "r1", tick: 33 }]]);
  assert.deepEqual(seen.told, ["A hall."]);
});

test("after a crash unanswered lines are said again, in order and under their ids", () => {
  const { bench, game } = entered();
  for (const line of ["one", "two", "three"]) game.say(line);
  bench.hear(2, "command_response", { id: 1, ok: true });
  comeBack(bench, { run: "r2", session_id: "s2", last_command_id: 1, recovered: { run: "r1", tick: 20 } });
  bench.hear(2, "game_state", {});
  assert.deepEqual(bench.commands, [[2, "two"], [3, "three"]]);
});

test("a line whose answer was lost is asked for, and the player is told", () => {
  const { bench, game, seen } = entered();
  game.say("go north");
  comeBack(bench, { session_id: "s2", last_command_id: 1 });
  bench.hear(2, "game_state", {});
  assert.deepEqual(bench.commands, [[1, "go north"]]);
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true });
  assert.deepEqual(seen.answered, [["go north", null]]);
  assert.ok(seen.told.some((text) => text.includes("go north")));
});

test("a resumed session says again what has no answer, and tells each once", () => {
  const { bench, game, seen } = entered();
  game.say("one");
  game.say("two");
  comeBack(bench, { resumed: true, last_command_id: 1 }, 1);
  assert.deepEqual(bench.commands, [[1, "one"], [2, "two"]]);
  bench.hear(2, "command_response", { id: 1, ok: true, result: "first" });
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true });
  assert.deepEqual(seen.told, ["first"]);
});

test("a repeated outcome is told once", () => {
  const { bench, game, seen } = entered();
  game.say("look");
  bench.hear(2, "command_response", { id: 1, ok: true, result: "A hall." });
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true, result: "A hall." });
  assert.deepEqual(seen.told, ["A hall."]);
});

test("what is typed without a connection is said after the next welcome", () => {
  const { bench, game } = entered();
  bench.breakWire();
  game.say("say hello");
  bench.elapse();
  bench.welcome({ resumed: true });
  assert.deepEqual(bench.commands, [[1, "say hello"]]);
});

test("without ids an answer is told and the mark goes", async () => {
  const { bench, game, seen } = entered({ last_command_id: Number.MAX_SAFE_INTEGER });
  game.say("look");
  assert.deepEqual(bench.commands, [[undefined, "look"]]);
  await null;
  assert.equal(seen.hasText, true);
  bench.hear(2, "command_response", { id: null, ok: true, result: "A hall." });
  assert.deepEqual(seen.told, ["A hall."]);
});

test("a line refused for its haste is handed back", () => {
  const { bench, game, seen } = entered();
  game.say("whisper Bo psst");
  const error = { code: "rate_limit_exceeded", message: "You have said enough for now.", retry_after_ms: 11_200 };
  bench.hear(2, "command_response", { id: 1, ok: false, error });
  assert.deepEqual(seen.refused, [["whisper Bo psst", "rate_limit_exceeded"]]);
  assert.deepEqual(seen.told, ["You have said enough for now. Try again in 12 seconds."]);
});

test("a walk is told by where it leads", () => {
  const { bench, game, seen } = entered();
  bench.hear(2, "room_update", { room: { id: "a", name: "A", description: "Here." } });
  game.say("south");
  bench.hear(3, "room_update", { room: { id: "b", name: "B", description: "There." } }, { tick: 40 });
  bench.hear(4, "command_response", { id: 1, ok: true, result: "You go south." }, { tick: 40 });
  assert.deepEqual([seen.told, seen.hasText], [["Here.", "There."], false]);
});

test("an answer without a walk keeps its words", () => {
  const { bench, game, seen } = entered();
  game.say("north");
  bench.hear(2, "command_response", { id: 1, ok: true, result: "You go north." }, { tick: 40 });
  assert.deepEqual(seen.told, ["You go north."]);
});

test("leaving closes the socket and sets no timer", () => {
  const { bench, game } = entered();
  game.leave();
  assert.equal(bench.socket.isClosed, true);
  assert.deepEqual(bench.pauses, []);
});

test("a question that nobody typed is neither told nor marked", async () => {
  const { bench, game, seen } = entered();
  const help = game.ask("help");
  const data = { kind: "help", commands: [{ words: ["look"], usage: "look", help: "" }, { words: ["say"], usage: "say", help: "" }] };
  bench.hear(2, "command_response", { id: 1, ok: true, result: "You can: look.", data });
  assert.deepEqual(await help, data);
  assert.deepEqual([seen.told, seen.answered, seen.done], [[], [], []]);
  assert.deepEqual(seen.state.verbs, data.commands);
});

test("a question whose answer was lost is answered with nothing", async () => {
  const { bench, game, seen } = entered();
  const things = game.ask("inventory");
  comeBack(bench, { session_id: "s2", last_command_id: 1 });
  bench.hear(2, "game_state", {});
  bench.hear(3, "command_response", { id: 1, ok: true, repeated: true });
  assert.equal(await things, null);
  assert.ok(!seen.told.some((text) => text.includes("inventory")));
});

test("words that are no command are said where the player wants that", () => {
  const { bench, game, seen } = entered();
  game.say("good evening", "say good evening");
  const error = { code: "invalid_command", message: 'There is no command "good".' };
  bench.hear(2, "command_response", { id: 1, ok: false, error });
  assert.deepEqual(bench.commands, [[1, "good evening"], [2, "say good evening"]]);
  assert.deepEqual(seen.told, []);
});

test("a whisper that lacks its words is not said aloud", () => {
  const { bench, game, seen } = entered();
  game.say("whisp Bo", "say whisp Bo");
  const error = { code: "invalid_command", message: "Usage: whisper <name> <words>" };
  bench.hear(2, "command_response", { id: 1, ok: false, error });
  assert.deepEqual([bench.commands, seen.told], [[[1, "whisp Bo"]], ["Usage: whisper <name> <words>"]]);
});

test("the whole state of the world begins a session", () => {
  const { bench, seen } = entered();
  bench.hear(2, "game_state", { player: { id: "p1", name: "Ann" } });
  bench.hear(3, "room_update", { room: { id: "a", name: "A", description: "Here." } });
  assert.equal(seen.entered, 1);
});

const BLOW = { target_current_dp: 5, target_max_dp: 8 };

test("the blows of a tick are told as one, own danger first", () => {
  const { bench, seen } = entered();
  bench.hear(2, "npc_attacked", { ...BLOW, message: "You strike the rat." }, { tick: 40 });
  bench.hear(3, "npc_died", { npc_id: "n1", message: "The rat is dead." }, { tick: 40 });
  bench.hear(4, "player_attacked", { ...BLOW, message: "The rat bites you." }, { tick: 40 });
  bench.hear(5, "room_message", { message: "Its friends leave." }, { tick: 40 });
  assert.deepEqual(seen.told, []);
  bench.elapse();
  assert.deepEqual(seen.told, ["The rat bites you.\nYou strike the rat.\nThe rat is dead.", "Its friends leave."]);
});

test("a round that is over ends its blows, and so does another tick", () => {
  const { bench, seen } = entered();
  bench.hear(2, "player_attacked", { ...BLOW, message: "The rat bites you." }, { tick: 40 });
  bench.hear(3, "combat_round", { combat_id: "f1", participants: [], summary: "You lost 3." }, { tick: 40 });
  bench.hear(4, "player_attacked", { ...BLOW, message: "It bites again." }, { tick: 46 });
  bench.hear(5, "room_message", { message: "Far off, a bell." }, { tick: 50 });
  assert.deepEqual(seen.told, ["The rat bites you.", "You lost 3.", "It bites again.", "Far off, a bell."]);
});
