// A page that is killed at any moment and comes back: what it kept is done, and done once.

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../world.js";
import { Clock, dice, FakeServer, FakeSocket } from "./server.js";

/** Where lines are kept by a disk that takes its time. */
class SlowKeep {
  lines = [];
  #clock;
  #chance;

  constructor(clock, chance) {
    this.#clock = clock;
    this.#chance = chance;
  }

  load = async () => this.lines;

  /** For a page that may be gone before the disk is done. */
  of(isAlive) {
    const save = (lines) =>
      new Promise((resolve) => {
        this.#clock.after(() => {
          if (isAlive()) this.lines = JSON.parse(JSON.stringify(lines));
          resolve();
        }, this.#chance() * 300);
      });
    return { load: this.load, save };
  }
}

/** A page with a world in it; dead, it does nothing more. */
class Page {
  isAlive = true;
  sockets = [];

  constructor(server, clock, chance, keep, bytes) {
    const around = {
      open: () => {
        const socket = new FakeSocket(server, clock, chance, bytes());
        this.sockets.push(socket);
        return socket;
      },
      after: (run, ms) => clock.after(() => this.isAlive && run(), ms),
      chance,
      now: () => clock.now,
    };
    this.world = new World("", { token: "t0", around, keep: keep.of(() => this.isAlive), queue: 10_000 });
    this.world.open();
  }

  kill() {
    this.isAlive = false;
    for (const socket of this.sockets) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.cut();
    }
  }
}

test("a page that is killed at any moment does what it kept, and does it once", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const [clock, chance] = [new Clock(), dice(seed)];
    const server = new FakeServer(clock, chance);
    const keep = new SlowKeep(clock, chance);
    let isCalm = false;
    const bytes = () => (isCalm ? Infinity : chance() * 20_000);
    const kept = new Set();
    const said = [];
    let page = new Page(server, clock, chance, keep, bytes);
    for (let n = 0; n < 300; n += 1) {
      if (chance() < 0.6) {
        const line = `say ${said.length}`;
        said.push(line);
        page.world.do(line);
      }
      await clock.pass(chance() * 1_500);
      for (const { line } of keep.lines) kept.add(line);
      if (chance() > 0.1) continue;
      page.kill();
      await clock.pass(chance() * 20_000);
      page = new Page(server, clock, chance, keep, bytes);
    }
    isCalm = true;
    await clock.pass(300_000);
    const { done } = server.durable;
    for (const line of said) assert.ok((done.get(line) ?? 0) <= 1, `seed ${seed}: ${line} was done ${done.get(line)} times`);
    for (const line of kept) assert.equal(done.get(line), 1, `seed ${seed}: ${line}`);
    assert.deepEqual(keep.lines, []);
    assert.ok(kept.size > 50, `seed ${seed}: ${kept.size} were kept`);
  }
});
