// Promises under fire: wires cut after any byte, servers killed, tokens changed, sleeps.

import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../world.js";
import { Clock, dice, FakeServer, FakeSocket } from "./server.js";

/** Cuts in all; `KADATH_PROOF=full` makes it 10,000. */
const CUTS = process.env.KADATH_PROOF === "full" ? 10_000 : 1_500;

/** One world in trouble, and who watches that every promise is kept. */
class Trouble {
  cuts = 0;
  commands = [];
  faults = [];
  #session = "";
  #sequence = 0;

  constructor(seed) {
    this.clock = new Clock();
    this.chance = dice(seed);
    this.server = new FakeServer(this.clock, this.chance);
    this.isCalm = false;
    const around = {
      open: () => new FakeSocket(this.server, this.clock, this.chance, this.#bytes()),
      after: (run, ms) => this.clock.after(run, ms),
      chance: this.chance,
      now: () => this.clock.now,
    };
    this.world = new World("", { token: "t0", around, refresh: () => this.#refresh(), queue: 10_000 });
    this.world.frames.on((frame) => this.#follow(frame));
    this.world.commands.on((command) => this.#check(command));
    this.world.open();
  }

  #bytes() {
    if (this.isCalm) return Infinity;
    this.cuts += 1;
    return this.chance() < 0.3 ? this.chance() * 600 : this.chance() * 12_000;
  }

  async #refresh() {
    if (this.chance() < 0.3) throw new Error("out of reach");
    return [...this.server.tokens][0];
  }

  /** No gap, no double, and each frame as it was sent. */
  #follow({ event_type: type, sequence_number: sequence, data }) {
    if (sequence === 0) return;
    if (type === "welcome") {
      if (!data.resumed) [this.#session, this.#sequence] = [data.session_id, 1];
      this.#hold(data.session_id === this.#session && sequence === this.#sequence, "a welcome of another session");
      return;
    }
    this.#hold(sequence === this.#sequence + 1, `${sequence} after ${this.#sequence}`);
    this.#sequence = sequence;
    this.#hold(this.server.sent.get(`${this.#session} ${sequence}`) === JSON.stringify(data), "a frame that was not sent");
  }

  /** At the moment when it is said, it is so. */
  #check({ stage, line }) {
    const times = ({ done }) => done.get(line) ?? 0;
    if (stage === "durable") this.#hold(times(this.server.durable) === 1, `${line} is not durable`);
    if (stage === "lost") this.#hold(times(this.server.now) === 0, `${line} is not lost`);
    if (stage === "refused") this.#hold(times(this.server.now) === 0, `${line} was done`);
  }

  #hold(isSo, what) {
    if (!isSo) this.faults.push(`${this.clock.now}: ${what}`);
  }

  async live(ms) {
    const until = this.clock.now + ms;
    while (this.clock.now < until) {
      await this.clock.pass(this.chance() * 2_000);
      const luck = this.chance();
      if (luck < 0.03) this.server.crash(this.chance() * 40_000);
      else if (luck < 0.05) this.server.changeToken();
      else if (luck < 0.055) await this.clock.pass(300_000);
      else if (luck < 0.1) this.world.wake();
      const kind = this.chance() < 0.1 ? "bad " : "say ";
      for (let n = this.chance() * 3; n > 1; n -= 1) {
        const again = this.chance() < 0.5;
        this.commands.push(this.world.do(`${kind}${this.commands.length}`, { again }));
      }
    }
  }

  /** The trouble is over: what was begun comes to its end. */
  async calm() {
    this.isCalm = true;
    const isOpen = ({ stage }) => ["waiting", "sent", "applied"].includes(stage);
    for (let n = 0; n < 1_000 && this.commands.some(isOpen); n += 1) {
      if (this.world.status.now === "offline") this.world.open();
      await this.clock.pass(5_000);
    }
    for (const { line, stage, again } of this.commands) {
      const times = this.server.durable.done.get(line) ?? 0;
      const isDone = stage === "durable";
      const isOver = isDone || ["refused", "lost", "unknown"].includes(stage);
      this.#hold(isOver, `${line} is still ${stage}`);
      if (stage !== "unknown") this.#hold(times === (isDone ? 1 : 0), `${line} is ${stage} and was done ${times} times`);
      this.#hold(times <= 1, `${line} was done ${times} times`);
      if (again) this.#hold(stage !== "lost", `${line} is lost and was to be done again`);
    }
  }
}

test("a wire that is cut after any byte loses nothing, doubles nothing and calls nothing durable too soon", async () => {
  let cuts = 0;
  const seen = new Map();
  for (let seed = 1; cuts < CUTS; seed += 1) {
    const trouble = new Trouble(seed);
    await trouble.live(600_000);
    await trouble.calm();
    assert.deepEqual(trouble.faults.slice(0, 5), [], `seed ${seed}`);
    assert.ok(!trouble.server.refusals.includes("rate_limit_exceeded"), `seed ${seed}: too fast`);
    cuts += trouble.cuts;
    for (const { stage } of trouble.commands) seen.set(stage, (seen.get(stage) ?? 0) + 1);
  }
  // What is proven must have happened.
  for (const stage of ["durable", "lost", "refused"]) assert.ok(seen.get(stage) > 0, stage);
  console.log(`${cuts} cuts: ${JSON.stringify(Object.fromEntries(seen))}`);
});
