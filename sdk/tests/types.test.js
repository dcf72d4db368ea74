import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");

/** What a program in TypeScript says to the package as it is published. */
const PROGRAM = `
import { join, Refusal, type World } from "kadath";
import { keptIn } from "kadath/indexeddb";
import { useWorldState } from "kadath/react";
import type { ServerFrame } from "kadath/frames";

const world = join("wss://example.org", { token: "t", refresh: async () => null, keep: keptIn("ann") });
world.status.on((status: "joining" | "online" | "resuming" | "offline") => status);
world.on("chat_message", ({ player_name, message }) => player_name + message);
world.state("room").on((room) => room.exits["north"]?.to.length);
const done = world.do("go north", { ttl: 10_000, again: true, veto: ({ line }) => line === "" });
const { result, tick } = await done.applied;
const words: string = (result ?? "") + tick.toFixed();
await done.durable.catch((fault: Refusal) => fault.code);
const room: string | undefined = useWorldState(world, "room")?.name;
type Own = ServerFrame | { event_type: "weather"; data: { rain: boolean } };
const own: World<Own> = join<Own>("wss://example.org", { token: "t" });
own.on("weather", ({ rain }) => rain === true);
// @ts-expect-error there is no such event
world.on("wether", () => {});
// @ts-expect-error it has no such field
world.on("chat_message", ({ rain }) => rain);
export { words, room };
`;

test("the published types know events, states and commands", () => {
  const folder = mkdtempSync(join(tmpdir(), "kadath-types-"));
  try {
    const installed = join(folder, "node_modules");
    cpSync(ROOT, join(installed, "kadath"), { recursive: true, filter: (path) => !/node_modules|tests/.test(path.slice(ROOT.length)) });
    symlinkSync(join(ROOT, "node_modules/@types"), join(installed, "@types"));
    symlinkSync(join(ROOT, "node_modules/csstype"), join(installed, "csstype"));
    const run = (...words) => execFileSync(process.execPath, [TSC, ...words], { cwd: join(installed, "kadath"), encoding: "utf8" });
    run("--noEmit", "false", "--declaration", "--emitDeclarationOnly", "--outDir", "types");
    cpSync(join(ROOT, "frames.d.ts"), join(installed, "kadath/types/frames.d.ts"));
    writeFileSync(join(folder, "program.ts"), PROGRAM);
    const options = { strict: true, noEmit: true, target: "es2022", module: "nodenext", skipLibCheck: false, lib: ["es2023", "dom"], types: [] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts"] }));
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    run("-p", folder);
  } catch (fault) {
    assert.fail(fault.stdout || fault.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
