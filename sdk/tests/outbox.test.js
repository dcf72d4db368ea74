import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "../command.js";
import { BURST, BURST_MS, Outbox, UNANSWERED_MAX } from "../outbox.js";

const FRESH = { resumed: false, last_command_id: 0 };

/** An outbox with a clock: each look at it is so much later, so that nothing waits for its turn. */
class Desk {
  now = 0;
  dropped = [];

  constructor(most = 100) {
    this.outbox = new Outbox(most, ({ line, fault }) => this.dropped.push([line, fault.code]));
  }

  write(line, { until = Infinity, ...options } = {}) {
    const command = new Command(line, until, options);
    this.outbox.write(command);
    return command;
  }

  /** What goes out now, as `[id, line]`. */
  post() {
    this.now += BURST_MS;
    return this.outbox.post(this.now).map(({ id, line }) => [id, line]);
  }
}

function posted(...lines) {
  const desk = new Desk();
  for (const line of lines) desk.write(line);
  desk.post();
  return desk;
}

test("numbers continue from the last one the world knows", () => {
  const desk = new Desk();
  desk.outbox.reconcile({ resumed: false, last_command_id: 41 });
  desk.write("look");
  desk.write("say hello");
  assert.deepEqual(desk.post(), [[42, "look"], [43, "say hello"]]);
});

test("numbers begin at the server's clock where it is ahead", () => {
  const desk = new Desk();
  desk.outbox.reconcile({ resumed: false, last_command_id: 41 }, 1_000);
  desk.write("look");
  assert.deepEqual(desk.post(), [[1_000, "look"]]);
  desk.outbox.reconcile({ resumed: true, last_command_id: 1_000 }, 5_000);
  desk.write("look");
  assert.equal(desk.post().at(-1)[0], 1_001);
});

test("after a new session all that has no answer is sent again", () => {
  const desk = posted("one", "two", "three");
  desk.outbox.answer(1);
  desk.outbox.reconcile({ resumed: false, last_command_id: 2 });
  assert.deepEqual(desk.post(), [[2, "two"], [3, "three"]]);
  assert.deepEqual(desk.post(), []);
});

test("numbers never fall, even when a crash took the world back", () => {
  const desk = posted("one", "two");
  desk.outbox.answer(1);
  desk.outbox.answer(2);
  desk.outbox.reconcile(FRESH);
  desk.write("three");
  assert.deepEqual(desk.post(), [[3, "three"]]);
});

test("the second outcome of a resend finds nobody waiting", () => {
  const { outbox } = posted("one");
  assert.equal(outbox.answer(1)?.line, "one");
  assert.equal(outbox.answer(1), null);
});

test("past the highest number lines go out without one", () => {
  const desk = new Desk();
  desk.outbox.reconcile({ resumed: false, last_command_id: Number.MAX_SAFE_INTEGER - 1 });
  for (const line of ["last", "beyond", "further"]) desk.write(line);
  assert.deepEqual(desk.post().map(([id]) => id), [Number.MAX_SAFE_INTEGER, null, null]);
  desk.outbox.reconcile(FRESH);
  assert.deepEqual(desk.post().map(([, line]) => line), ["last"]);
});

test("a line too many is refused, not queued", () => {
  const desk = new Desk(1);
  desk.write("fits");
  assert.equal(desk.write("one more").stage, "dropped");
  assert.deepEqual(desk.dropped, [["one more", "queue_full"]]);
});

test("no more lines go out unanswered than the world can recall", () => {
  const desk = new Desk();
  for (let n = 0; n < UNANSWERED_MAX; n += 1) {
    desk.write(`line ${n}`);
    desk.post();
  }
  desk.write("waits");
  assert.deepEqual(desk.post(), []);
  desk.outbox.answer(1);
  assert.deepEqual(desk.post().map(([, line]) => line), ["waits"]);
});

test("no more lines go out in a second than the world takes", () => {
  const desk = new Desk();
  for (let n = 0; n < BURST + 2; n += 1) desk.write(`line ${n}`);
  assert.equal(desk.post().length, BURST);
  assert.equal(desk.outbox.pause(desk.now), BURST_MS);
  assert.deepEqual(desk.outbox.post(desk.now + BURST_MS - 1), []);
  assert.equal(desk.post().length, 2);
  assert.equal(desk.outbox.pause(desk.now), 0);
});

test("what waited for too long is dropped, what the world may have heard is not", () => {
  const desk = posted("heard", "lost", "also lost");
  const late = { until: 1_800 };
  const [heard, waits] = [desk.write("asked", late), desk.write("too late", late)];
  desk.outbox.post(1_300);
  assert.deepEqual([heard.stage, waits.stage], ["sent", "sent"]);
  desk.write("waits", late);
  for (const id of [1, 2, 3]) desk.outbox.answer(id);
  desk.outbox.reconcile({ resumed: false, last_command_id: 4 });
  assert.deepEqual(desk.post(), [[4, "asked"]]);
  assert.deepEqual(desk.dropped, [["too late", "expired"], ["waits", "expired"]]);
});

test("in a session that goes on nothing is certain to be unheard", () => {
  const desk = new Desk();
  desk.write("one", { until: 1_800 });
  desk.post();
  desk.outbox.reconcile({ resumed: true, last_command_id: 0 });
  assert.deepEqual(desk.post(), [[1, "one"]]);
});

test("only what had to wait can be taken back", () => {
  const desk = new Desk();
  const veto = ({ line }) => line === "go north";
  desk.write("go north", { veto });
  assert.equal(desk.post().length, 1);
  desk.write("look", { veto });
  desk.outbox.reconcile(FRESH);
  assert.deepEqual(desk.post(), [[2, "look"]]);
  assert.deepEqual(desk.dropped, [["go north", "vetoed"]]);
});

test("what is kept goes on under its numbers", () => {
  const { outbox } = posted("one");
  outbox.write(new Command("two", 90_000, { again: true }));
  const kept = JSON.parse(JSON.stringify(outbox.kept));
  const desk = new Desk();
  desk.outbox.restore(kept, 0);
  desk.outbox.reconcile(FRESH);
  assert.deepEqual(desk.outbox.post(desk.now), []);
  assert.deepEqual(desk.post(), [[1, "one"], [2, "two"]]);
});

test("what is given up was never said, or nobody knows", () => {
  const desk = posted("one");
  desk.write("two");
  desk.outbox.clear();
  assert.deepEqual(desk.dropped, [["one", "unknown"], ["two", "closed"]]);
});
