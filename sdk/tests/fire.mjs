// Plays on a real server through a wire that is cut after any byte, and holds it to its promises.
//
//   node fire.mjs http://HOST:PORT CUTS [SEED]
//
// Prints `kill` when the server is to be killed and started again at its address, and at its end
// `CUTS cuts, COMMANDS commands`. What is wrong goes to stderr, and it ends with 1.

import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { World } from "../index.js";
import { surroundings } from "../surroundings.js";
import { dice } from "./server.js";

/** Pauses and patience pass so many times faster than for people. */
const FASTER = 20;
const PLAYERS = 6;
const KILLS = 2;
const WITHIN_MS = 60_000;

const [base, wanted, seed = "1"] = process.argv.slice(2);
const chance = dice(Number(seed));
const server = new URL(base);
const faults = [];
let cuts = 0;
let isCalm = false;

/** A wire between: it lets some bytes through, in both directions together, and is cut. */
const proxy = createServer((near) => {
  const far = connect(Number(server.port), server.hostname);
  let left = isCalm ? Infinity : chance() < 0.3 ? chance() * 1_500 : chance() * 40_000;
  const cut = () => {
    near.destroy();
    far.destroy();
  };
  for (const [from, to] of [[near, far], [far, near]]) {
    from.on("data", (bytes) => {
      const part = bytes.subarray(0, Math.max(0, left));
      left -= bytes.length;
      to.write(part);
      if (left >= 0) return;
      cuts += 1;
      to.end(cut);
    });
    from.on("error", cut);
    from.on("close", cut);
  }
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));

async function guest() {
  const answer = await fetch(new URL("auth/guest", server), { method: "POST" });
  return await answer.json();
}

/** A player in trouble, and who watches that every promise is kept. */
class Player {
  commands = [];
  #session = "";
  #sequence = 0;

  constructor(name, account, port) {
    this.name = name;
    this.account = account;
    const around = surroundings(`ws://127.0.0.1:${port}/api/ws`, WebSocket);
    const faster = { ...around, after: (run, ms) => around.after(run, ms / FASTER), now: () => around.now() };
    this.world = new World("", { token: account.access_token, around: faster, refresh: () => this.#refresh(), queue: 10_000 });
    this.world.frames.on((frame) => this.#follow(frame));
    this.world.open();
  }

  async #refresh() {
    const body = JSON.stringify({ refresh_token: this.account.refresh_token });
    const answer = await fetch(new URL("auth/refresh", server), { method: "POST", body });
    if (!answer.ok) return null;
    this.account = await answer.json();
    return this.account.access_token;
  }

  #follow({ event_type: type, sequence_number: sequence, data }) {
    if (sequence === 0) return;
    if (type !== "welcome") {
      this.#hold(sequence === this.#sequence + 1, `${sequence} after ${this.#sequence}`);
      this.#sequence = sequence;
      return;
    }
    if (!data.resumed) [this.#session, this.#sequence] = [data.session_id, 1];
    this.#hold(data.session_id === this.#session && sequence === this.#sequence, "a welcome of another session");
    // Numbers are saved together with what was done under them.
    for (const { id, stage, line } of this.commands) {
      if (stage === "durable") this.#hold(id <= data.last_command_id, `${line} was durable and is gone`);
    }
  }

  #hold(isSo, what) {
    if (!isSo) faults.push(`${this.name}: ${what}`);
  }

  act() {
    this.commands.push(this.world.do(`say ${this.name} ${this.commands.length}`, { again: chance() < 0.5 }));
  }

  get isDone() {
    return this.commands.every(({ stage }) => !["waiting", "sent", "applied"].includes(stage));
  }
}

const { port } = proxy.address();
const players = [];
for (let n = 0; n < PLAYERS; n += 1) players.push(new Player(`p${n}`, await guest(), port));
// Whose wire is whole: hears each line once, but those of around a kill.
const listener = new World(base, { token: (await guest()).access_token, WebSocket });
const heard = new Map();
listener.on("chat_message", ({ original_content: words }) => heard.set(words, (heard.get(words) ?? 0) + 1));
listener.open();

const steps = createInterface({ input: process.stdin });
const restarted = () => new Promise((resolve) => steps.once("line", resolve));
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
let kills = 0;
while (cuts < Number(wanted)) {
  for (const player of players) if (chance() < 0.4) player.act();
  await pause();
  if (kills < KILLS && cuts > ((kills + 1) * Number(wanted)) / (KILLS + 1)) {
    kills += 1;
    console.log("kill");
    await restarted();
  }
}
isCalm = true;
const deadline = Date.now() + WITHIN_MS;
while (!players.every(({ isDone }) => isDone) && Date.now() < deadline) {
  for (const { world } of players) if (world.status.now === "offline") world.open();
  await pause();
}
let commands = 0;
for (const { name, commands: all } of players) {
  for (const { line, stage, again, fault } of all) {
    commands += 1;
    if (stage !== "durable" && (stage !== "lost" || again)) faults.push(`${name}: ${line} is ${stage} ${fault?.code ?? ""}`);
    const times = heard.get(line.slice("say ".length)) ?? 0;
    if (kills === 0 && times !== 1) faults.push(`${name}: ${line} was heard ${times} times`);
    if (times > 1 + kills) faults.push(`${name}: ${line} was heard ${times} times`);
  }
}
for (const { world } of [...players, { world: listener }]) world.close();
if (faults.length > 0) {
  console.error(faults.slice(0, 20).join("\n"));
  process.exit(1);
}
console.log(`${cuts} cuts, ${commands} commands`);
process.exit(0);
