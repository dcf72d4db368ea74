import assert from "node:assert/strict";
import { test } from "node:test";
import { pauseBefore } from "../backoff.js";
import { Advice, adviceFor } from "../codes.js";
import { Connection } from "../connection.js";
import { parseFrame } from "../wire.js";
import { Bench } from "./fakes.js";

function connected(more = {}) {
  const bench = new Bench();
  const frames = [];
  const statuses = [];
  const connection = new Connection(
    bench.around,
    { token: "t", characterId: "c", ...more },
    { frame: (frame) => frames.push(frame.event_type), status: (status) => statuses.push(status) },
  );
  connection.open();
  return { bench, connection, frames, statuses };
}

test("pauses double from one second and stay at sixteen", () => {
  const pauses = [0, 1, 2, 3, 4, 5, 6, 400].map((attempt) => pauseBefore(attempt, 0.5));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]);
});

test("chance shifts a pause by a fifth at most", () => {
  assert.equal(pauseBefore(0, 0), 800);
  assert.ok(pauseBefore(0, 0.999) <= 1_200);
});

test("a pause is never shorter than the server asked for", () => {
  assert.equal(pauseBefore(0, 0.5, 5_000), 5_000);
});

test("each close has its advice", () => {
  assert.equal(adviceFor(1000, "session_taken_over"), Advice.TAKEN_OVER);
  assert.equal(adviceFor(1000, null), Advice.STOP);
  assert.equal(adviceFor(1008, "authorization_denied"), Advice.STOP);
  assert.equal(adviceFor(1008, "invalid_token"), Advice.SIGN_IN);
  assert.equal(adviceFor(1008, "slow_client"), Advice.RETRY);
  assert.equal(adviceFor(1001, null), Advice.RETRY);
  assert.equal(adviceFor(1006, null), Advice.RETRY);
});

test("the first frame signs in with the character and nothing to resume", () => {
  const { bench } = connected();
  bench.socket.onopen();
  assert.deepEqual(bench.socket.sent, [{ type: "authenticate", data: { token: "t", character_id: "c" } }]);
});

test("a broken wire comes back with the session and the last sequence number", () => {
  const { bench, statuses } = connected();
  bench.welcome();
  bench.hear(2, "game_state");
  bench.hear(3, "chat_message");
  bench.breakWire();
  assert.deepEqual(statuses.at(-1), { phase: "waiting", delayMs: 1_000 });
  bench.elapse();
  bench.socket.onopen();
  assert.deepEqual(bench.socket.sent[0].data.resume, { session_id: "s1", last_sequence: 3 });
});

test("pauses grow while nobody answers and begin anew after a welcome", () => {
  const { bench } = connected();
  const pauses = [];
  for (let attempt = 0; attempt < 3; attempt += 1) {
    bench.breakWire();
    pauses.push(bench.pauses[0]);
    bench.elapse();
  }
  bench.welcome();
  bench.breakWire();
  assert.deepEqual([...pauses, bench.pauses[0]], [1_000, 2_000, 4_000, 1_000]);
});

test("a frame that was already read is passed over", () => {
  const { bench, frames } = connected();
  bench.welcome();
  bench.hear(2, "chat_message");
  bench.hear(2, "chat_message");
  assert.deepEqual(frames, ["welcome", "chat_message"]);
});

test("a gap in the numbers starts a new session", () => {
  const { bench, frames } = connected();
  bench.welcome();
  bench.hear(4, "chat_message");
  assert.deepEqual(frames, ["welcome"]);
  bench.elapse();
  bench.socket.onopen();
  assert.equal(bench.socket.sent[0].data.resume, undefined);
});

test("a takeover ends the connection and sets no timer", () => {
  const { bench, statuses } = connected();
  bench.welcome();
  bench.hear(2, "error", { code: "session_taken_over", message: "" });
  bench.breakWire(1000);
  assert.deepEqual(statuses.at(-1), { phase: "ended", code: "session_taken_over", message: "", advice: Advice.TAKEN_OVER });
  assert.deepEqual(bench.pauses, []);
});

test("a refused token ends the connection as a refused identity", () => {
  const { bench, statuses } = connected();
  bench.socket.onopen();
  bench.hear(0, "error", { code: "token_expired", message: "" });
  bench.breakWire(1008);
  assert.equal(statuses.at(-1).advice, Advice.SIGN_IN);
});

test("a kick ends with the keeper's words and a good token", () => {
  const { bench, statuses } = connected();
  bench.welcome();
  bench.hear(2, "error", { code: "authorization_denied", message: "A keeper sends you away: be nice" });
  bench.breakWire(1008);
  const { message, advice } = statuses.at(-1);
  assert.deepEqual([message, advice], ["A keeper sends you away: be nice", Advice.STOP]);
});

test("a new token is shown at the next opening", () => {
  const { bench, connection } = connected();
  bench.socket.onopen();
  bench.hear(0, "error", { code: "token_expired", message: "" });
  bench.breakWire(1008);
  connection.signAs("t2");
  connection.open();
  bench.socket.onopen();
  assert.equal(bench.socket.sent[0].data.token, "t2");
});

test("an error long before a close does not explain it", () => {
  const { bench, statuses } = connected();
  bench.welcome();
  bench.hear(2, "error", { code: "authorization_denied", message: "" });
  bench.hear(3, "chat_message");
  bench.breakWire(1006);
  assert.equal(statuses.at(-1).phase, "waiting");
});

test("a busy server's wish for a pause is kept", () => {
  const { bench, statuses } = connected();
  bench.socket.onopen();
  bench.hear(0, "error", { code: "database_connection_error", message: "", retry_after_ms: 7_000 });
  bench.breakWire(1013);
  assert.deepEqual(statuses.at(-1), { phase: "waiting", delayMs: 7_000 });
});

test("a silent wire is pinged and given up when no answer comes", () => {
  const { bench, statuses } = connected();
  bench.welcome();
  bench.elapse();
  assert.equal(bench.socket.sent.at(-1).type, "ping");
  bench.elapse();
  assert.equal(bench.socket.isClosed, true);
  assert.equal(statuses.at(-1).phase, "waiting");
});

test("what a given-up socket still delivers is not read", () => {
  const { bench, frames } = connected();
  bench.welcome();
  const old = bench.socket;
  bench.breakWire();
  old.onmessage({ data: JSON.stringify({ sequence_number: 2, event_type: "chat_message", data: {} }) });
  assert.deepEqual(frames, ["welcome"]);
});

test("text that is no frame is null", () => {
  for (const text of ["", "{", "null", "[]", "{}", "7", undefined]) assert.equal(parseFrame(text), null);
});

test("a page that is looked at again finds out soon whether its wire is alive", () => {
  const { bench, connection } = connected();
  bench.welcome();
  connection.wake();
  assert.equal(bench.socket.sent.at(-1).type, "ping");
  assert.deepEqual(bench.pauses, [3_000]);
  bench.elapse();
  // Dead: the next try does not wait.
  assert.equal(bench.sockets.length, 2);
  bench.socket.onopen();
  assert.deepEqual(bench.socket.sent[0].data.resume, { session_id: "s1", last_sequence: 1 });
});

test("a page that is looked at again does not sit out a pause", () => {
  const { bench, connection } = connected();
  bench.breakWire();
  connection.wake();
  assert.equal(bench.sockets.length, 2);
});

test("looking again does not reopen what has ended", () => {
  const { bench, connection } = connected();
  bench.welcome();
  bench.breakWire(1000);
  connection.wake();
  assert.equal(bench.sockets.length, 1);
});

/** The server refuses the token of the newest socket. */
async function refuseToken(bench) {
  bench.socket.onopen();
  bench.hear(0, "error", { code: "token_expired", message: "" });
  bench.breakWire(1008);
  await settled();
}

/** Lets what was promised happen. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a refused token is replaced and the session goes on", async () => {
  const { bench, statuses } = connected({ refresh: async () => "t2" });
  bench.welcome();
  bench.breakWire();
  bench.elapse();
  await refuseToken(bench);
  bench.socket.onopen();
  const { token, resume } = bench.socket.sent[0].data;
  assert.deepEqual([token, resume.session_id], ["t2", "s1"]);
  assert.equal(statuses.at(-1).phase, "connecting");
});

test("a second token that is refused is an end", async () => {
  const { bench, statuses } = connected({ refresh: async () => "t2" });
  await refuseToken(bench);
  await refuseToken(bench);
  assert.equal(statuses.at(-1).advice, Advice.SIGN_IN);
  assert.equal(bench.sockets.length, 2);
});

test("no other token is an end", async () => {
  const { bench, statuses } = connected({ refresh: async () => null });
  await refuseToken(bench);
  assert.deepEqual([statuses.at(-1).phase, statuses.at(-1).code], ["ended", "token_expired"]);
});

test("a refresh that fails is tried again after a pause", async () => {
  let asked = 0;
  const refresh = async () => {
    asked += 1;
    if (asked === 1) throw new Error("out of reach");
    return "t2";
  };
  const { bench, statuses } = connected({ refresh });
  await refuseToken(bench);
  assert.equal(statuses.at(-1).phase, "waiting");
  bench.elapse();
  await settled();
  bench.socket.onopen();
  assert.equal(bench.socket.sent[0].data.token, "t2");
});

test("a token that comes after leaving is not used", async () => {
  const { bench, connection } = connected({ refresh: async () => "t2" });
  const refused = refuseToken(bench);
  connection.close();
  await refused;
  assert.equal(bench.sockets.length, 1);
});
