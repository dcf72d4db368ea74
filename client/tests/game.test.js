import assert from "node:assert/strict";
import { test } from "node:test";
import { Game } from "../game.js";
import { Bench } from "./fakes.js";

function entered(welcome = {}) {
  const bench = new Bench();
  const seen = { told: [], answered: [], status: [], state: null };
  const game = new Game(bench.around, { token: "t" }, {
    changed: (state) => (seen.state = state),
    told: (entry) => seen.told.push(entry.text),
    written: () => {},
    posted: () => {},
    answered: (letter, stamp) => seen.answered.push([letter.line, stamp]),
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
  assert.deepEqual(bench.commands, [[2, "two"], [3, "three"]]);
});

test("a line the world heard is not said again, and the player is told", () => {
  const { bench, game, seen } = entered();
  game.say("go north");
  comeBack(bench, { session_id: "s2", last_command_id: 1 });
  assert.deepEqual(bench.commands, []);
  assert.deepEqual(seen.answered, [["go north", null]]);
  assert.ok(seen.told.some((text) => text.includes("go north")));
});

test("a resumed session says again what was lost on the wire and reads the rest", () => {
  const { bench, game, seen } = entered();
  game.say("one");
  game.say("two");
  comeBack(bench, { resumed: true, last_command_id: 1 }, 1);
  assert.deepEqual(bench.commands, [[2, "two"]]);
  bench.hear(2, "command_response", { id: 1, ok: true, result: "first" });
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

test("leaving closes the socket and sets no timer", () => {
  const { bench, game } = entered();
  game.leave();
  assert.equal(bench.socket.isClosed, true);
  assert.deepEqual(bench.pauses, []);
});
