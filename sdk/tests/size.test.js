// Small is a promise: what a page loads of the SDK.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const KB = 1_024;

/** Bytes of a module with all it imports but React, minified and compressed. */
async function size(entry, external = ["react"]) {
  const options = { bundle: true, minify: true, format: "esm", write: false, legalComments: "none", target: "es2022" };
  const entryPoint = new URL(`../${entry}`, import.meta.url).pathname;
  const { outputFiles } = await build({ ...options, entryPoints: [entryPoint], external });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

test("the SDK has 6 KB at most, with its kept queue 6.5", async () => {
  const sdk = await size("index.js");
  const keep = await size("indexeddb.js");
  console.log(`${sdk} bytes, ${keep} for the kept queue`);
  assert.ok(sdk <= 6 * KB, `${sdk} bytes`);
  assert.ok(sdk + keep <= 6.5 * KB, `${sdk + keep} bytes`);
});

test("the hooks have 1.5 KB at most", async () => {
  const hooks = await size("react.js", ["react", "./world.js"]);
  console.log(`${hooks} bytes`);
  assert.ok(hooks <= 1.5 * KB, `${hooks} bytes`);
});
