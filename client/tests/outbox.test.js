import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox, UNANSWERED_MAX, WAITING_MAX } from "../outbox.js";

const FRESH = { resumed: false, last_command_id: 0 };

function posted(...lines) {
  const outbox = new Outbox();
  for (const line of lines) outbox.write(line);
  outbox.post();
  return outbox;
}

test("ids continue from the last one the world knows", () => {
  const outbox = new Outbox();
  outbox.reconcile({ resumed: false, last_command_id: 41 });
  outbox.write("look");
  outbox.write("say hello");
  assert.deepEqual(outbox.post(), [{ line: "look", id: 42 }, { line: "say hello", id: 43 }]);
});

test("a line typed without a connection is numbered after the welcome", () => {
  const outbox = new Outbox();
  outbox.write("look");
  outbox.reconcile({ resumed: false, last_command_id: 7 });
  assert.equal(outbox.post()[0].id, 8);
});

test("after a new session only what the world never heard is sent again", () => {
  const outbox = posted("one", "two", "three");
  const { resend, heard } = outbox.reconcile({ resumed: false, last_command_id: 1 });
  assert.deepEqual(resend.map(({ id, line }) => [id, line]), [[2, "two"], [3, "three"]]);
  assert.deepEqual(heard.map(({ line }) => line), ["one"]);
});

test("an answered line is not sent again", () => {
  const outbox = posted("one", "two");
  outbox.answer(2);
  assert.deepEqual(outbox.reconcile(FRESH).resend.map(({ id }) => id), [1]);
});

test("in a resumed session answers to what was heard may still come", () => {
  const outbox = posted("one", "two");
  const { resend, heard } = outbox.reconcile({ resumed: true, last_command_id: 1 });
  assert.deepEqual([resend.map(({ id }) => id), heard], [[2], []]);
  assert.equal(outbox.answer(1)?.line, "one");
});

test("ids never fall, even when a crash took the world back", () => {
  const outbox = posted("one", "two");
  outbox.answer(1);
  outbox.answer(2);
  outbox.reconcile(FRESH);
  outbox.write("three");
  assert.equal(outbox.post()[0].id, 3);
});

test("the second outcome of a resend finds nobody waiting", () => {
  const outbox = posted("one");
  assert.equal(outbox.answer(1)?.line, "one");
  assert.equal(outbox.answer(1), null);
});

test("past the highest id lines go out without one", () => {
  const outbox = new Outbox();
  outbox.reconcile({ resumed: false, last_command_id: Number.MAX_SAFE_INTEGER - 1 });
  for (const line of ["last", "beyond", "further"]) outbox.write(line);
  assert.deepEqual(outbox.post().map(({ id }) => id), [Number.MAX_SAFE_INTEGER, null, null]);
  const { resend } = outbox.reconcile({ resumed: false, last_command_id: 0 });
  assert.deepEqual(resend.map(({ line }) => line), ["last"]);
});

test("a line too many is refused, not queued", () => {
  const outbox = new Outbox();
  for (let n = 0; n < WAITING_MAX; n += 1) assert.ok(outbox.write(`line ${n}`));
  assert.equal(outbox.write("one more"), null);
});

test("no more lines go out unanswered than the world can recall", () => {
  const outbox = new Outbox();
  for (let n = 0; n < UNANSWERED_MAX; n += 1) {
    outbox.write(`line ${n}`);
    outbox.post();
  }
  outbox.write("waits");
  assert.deepEqual(outbox.post(), []);
  outbox.answer(1);
  assert.deepEqual(outbox.post().map(({ line }) => line), ["waits"]);
});
