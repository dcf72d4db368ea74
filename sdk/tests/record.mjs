// Plays the golden session on a server: every outcome must be as it was. With a file, writes down
// what went over the wire, for golden.test.js to play without a server.
//
//   node record.mjs http://HOST:PORT [golden/VERSION.jsonl]

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import WebSocket from "ws";
import { World } from "../index.js";
import { surroundings } from "../surroundings.js";

const [base, file] = process.argv.slice(2);
const WITHIN_MS = 20_000;
const steps = [];
const note = (kind, what) => steps.push({ [kind]: what });

const account = await (await fetch(new URL("auth/guest", base), { method: "POST" })).json();
/** What is a secret, or another each time, is not written down. */
const scrubbed = (text) => JSON.parse(text.replaceAll(account.access_token, "TOKEN"));

const around = surroundings(base, WebSocket);
let socket = null;
const recorded = {
  ...around,
  chance: () => 0.5,
  // Soon, so that nobody waits; the clock of the numbers is the server's.
  after: (run, ms) => around.after(run, ms > 1_200 ? ms : 10),
  open() {
    note("open", steps.filter(({ open }) => open).length + 1);
    socket = around.open();
    const { send } = socket;
    socket.send = (text) => {
      note("up", scrubbed(text));
      send.call(socket, text);
    };
    // Noted before the SDK reads it.
    socket.addEventListener("message", ({ data }) => note("down", scrubbed(String(data))));
    return socket;
  },
};

const world = new World("", { token: account.access_token, around: recorded });
world.open();

async function until(what, isSo) {
  const deadline = Date.now() + WITHIN_MS;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function act(line) {
  note("do", line);
  return world.do(line);
}

await until("a room", () => world.state("room").now !== null && world.state("map").now !== null);
const before = world.state("room").now;
assert.equal(typeof (await act("look").applied).result, "string");
await act("say hello").durable;
await assert.rejects(act("xyzzy").applied, { code: "invalid_command" });
const [way, { to }] = Object.entries(before.exits)[0];
await act(way).durable;
assert.equal(world.state("room").now.id, to);

const resumed = [];
world.on("welcome", ({ resumed: is }) => resumed.push(is));
note("cut", 1006);
socket.terminate();
await until("the loss", () => world.status.now === "resuming");
const late = act("say still here");
await late.durable;
assert.deepEqual(resumed, [true]);

act("quit");
await until("the end", () => world.status.now === "offline");
note("cut", 1000);
assert.equal(world.detail.now.advice, "stop");
if (file) writeFileSync(new URL(file, import.meta.url), steps.map((step) => `${JSON.stringify(step)}\n`).join(""));
console.log(`${steps.length} steps`);
process.exit(0);
