// Runs the programs of docs/client.md, as a reader would who copies them.
//
//   node page.mjs http://HOST:PORT docs/client.md
//
// The one without the SDK plays through a wire that is cut once.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

const [base, page] = process.argv.slice(2);
const WITHIN_MS = 30_000;
const server = new URL(base);

/** The programs by their names: a block that begins with a name begins a program. */
const programs = new Map();
let current = "";
for (const [, block] of readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```$/gms)) {
  const named = /^\/\/ (\w+\.mjs)\n/.exec(block);
  if (named) current = named[1];
  programs.set(current, `${programs.get(current) ?? ""}${block}\n`);
}
assert.deepEqual([...programs.keys()], ["sdk.mjs", "own.mjs"]);

/** A program that runs, in the package itself so that it finds `kadath`. */
class Program {
  out = "";
  #path;

  constructor(name, url) {
    this.#path = fileURLToPath(new URL(`../${name}`, import.meta.url));
    writeFileSync(this.#path, programs.get(name));
    const flags = globalThis.WebSocket === undefined ? ["--experimental-websocket"] : [];
    this.process = spawn(process.execPath, [...flags, this.#path, url], { stdio: ["pipe", "pipe", "inherit"] });
    this.process.stdout.on("data", (text) => (this.out += text));
    this.ended = new Promise((resolve) => this.process.on("exit", resolve));
  }

  type(line) {
    this.process.stdin.write(`${line}\n`);
  }

  async says(words) {
    const deadline = Date.now() + WITHIN_MS;
    while (!this.out.includes(words)) {
      assert.ok(Date.now() < deadline, `never says ${words}:\n${this.out}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end() {
    const code = await this.ended;
    rmSync(this.#path);
    assert.equal(code, 0, this.out);
  }
}

const sdk = new Program("sdk.mjs", base);
await sdk.says("said for good");
await sdk.end();
assert.match(sdk.out, /\(joining\)\n\(online\)/);

let wires = [];
const proxy = createServer((near) => {
  const far = connect(Number(server.port), server.hostname);
  wires.push(near);
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]]) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
});
await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));

const own = new Program("own.mjs", `http://127.0.0.1:${proxy.address().port}`);
await own.says("Ways: ");
own.type("say before the cut");
await own.says("(saved: say before the cut)");
for (const wire of wires) wire.destroy();
own.type("say after the cut");
await own.says("(saved: say after the cut)");
own.type("xyzzy");
await own.says("There is no command");
for (const words of ["before the cut", "after the cut"]) {
  assert.equal(own.out.split(`says: ${words}`).length + own.out.split(`say: ${words}`).length - 1, 2, own.out);
}
own.type("quit");
await own.end();
console.log("both programs run");
process.exit(0);
