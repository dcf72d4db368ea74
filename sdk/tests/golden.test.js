// Sessions as they went over the wire, with each version that was published: this SDK must still
// understand them, and say the same.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { World } from "../index.js";
import { Bench } from "./fakes.js";

const FOLDER = new URL("golden/", import.meta.url);

/** Plays a session step by step; gives the world, and the commands that it was told. */
function played(steps) {
  const bench = new Bench();
  const world = new World("", { token: "TOKEN", around: bench.around });
  const commands = [];
  world.open();
  let said = 0;
  for (const [n, step] of steps.entries()) {
    if (step.open > 1) bench.timers.at(-1)?.run();
    if (step.open) {
      assert.equal(bench.sockets.length, step.open, `step ${n}`);
      said = 0;
      bench.socket.onopen();
    } else if (step.up) {
      assert.deepEqual(bench.socket.sent[said], step.up, `step ${n}`);
      said += 1;
    } else if (step.down) bench.socket.onmessage({ data: JSON.stringify(step.down) });
    else if (step.do) commands.push(world.do(step.do));
    else bench.breakWire(step.cut);
    bench.timers = bench.timers.slice(-1);
  }
  return { bench, world, commands };
}

for (const name of readdirSync(FOLDER)) {
  test(`the session of ${name} plays as it did`, () => {
    const steps = readFileSync(new URL(name, FOLDER), "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const { bench, world, commands } = played(steps);
    assert.deepEqual(
      commands.slice(0, 5).map(({ line, stage }) => [line.split(" ")[0], stage]),
      [["look", "durable"], ["say", "durable"], ["xyzzy", "refused"], [commands[3].line, "durable"], ["say", "durable"]],
    );
    const rooms = steps.filter(({ down }) => down?.event_type === "room_update");
    assert.equal(world.state("room").now.id, rooms.at(-1).down.data.room.id);
    assert.equal(bench.sockets.length, 2);
    assert.equal(world.detail.now.advice, "stop");
  });
}
