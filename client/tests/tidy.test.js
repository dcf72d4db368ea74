// Promises that no single module can keep alone.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { SILENT } from "../entries.js";

const ROOT = new URL("../", import.meta.url);
const read = (name) => readFileSync(new URL(name, ROOT), "utf8");
const modulesIn = (folder) => readdirSync(new URL(folder, ROOT)).filter((name) => name.endsWith(".js"));
const MODULES = modulesIn(".");
/** The SDK's modules, by the names that the client calls them by. */
const SHARED = modulesIn("../sdk/").map((name) => `../sdk/${name}`);

/** The modules that a module needs, by name. */
function needs(name) {
  const folder = name.slice(0, name.lastIndexOf("/") + 1);
  return [...read(name).matchAll(/^import .* from "(?:\.\/)?([^"]+)"/gm)].map(([, target]) => folder + target);
}

/** A module and all that it needs, however far. */
function reached(name, above = []) {
  assert.ok(!above.includes(name), [...above, name].join(" > "));
  return [name, ...needs(name).flatMap((target) => reached(target, [...above, name]))];
}
const SHEETS = readdirSync(ROOT).filter((name) => name.endsWith(".css"));
const PAGE = read("index.html");

test("nothing turns text into markup or code", () => {
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function/;
  for (const name of [...MODULES, ...SHARED]) assert.doesNotMatch(read(name), forbidden, name);
});

test("the page holds no inline script, style or handler and fetches nothing from elsewhere", () => {
  assert.doesNotMatch(PAGE, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  assert.doesNotMatch(PAGE + SHEETS.map(read).join(""), /https?:|@import|url\(/);
});

test("every id a module asks for is on the page, once", () => {
  for (const name of MODULES) {
    for (const [, id] of read(name).matchAll(/byId\("([^"]+)"/g)) {
      assert.equal(PAGE.split(`id="${id}"`).length, 2, `${name}: #${id}`);
    }
  }
});

test("every relative import is a file that is served", () => {
  for (const name of MODULES) {
    for (const target of needs(name)) assert.ok([...MODULES, ...SHARED].includes(target), `${name}: ${target}`);
  }
});

test("every event that a server publishes is read, or known to be silent", () => {
  const published = new Set([...read("../sdk/frames.d.ts").matchAll(/event_type: "([a-z_]+)"/g)].map(([, type]) => type));
  const read_aloud = new Set([...read("entries.js").matchAll(/case "([a-z_]+)":/g)].map(([, type]) => type));
  assert.ok(published.size > 20);
  for (const type of published) assert.notEqual(read_aloud.has(type), SILENT.has(type), type);
  for (const type of SILENT) assert.ok(published.has(type), type);
});

test("modules are written so that the server can put them together", () => {
  for (const name of new Set(MODULES.flatMap((name) => reached(name)))) {
    const lines = read(name).split("\n");
    for (const line of lines.filter((one) => /^(import|export)\b/.test(one))) {
      assert.match(line, /^import ({ .+ }|\* as \w+) from "(\.|\.\.\/sdk)\/[\w.]+";$|^export (async function|function|class|const) \w+/, `${name}: ${line}`);
    }
    assert.ok(!lines.some((line) => line.includes("import.meta")), name);
    const code = lines.filter((line) => !/^\s*(\*|\/\/|\/\*\*)/.test(line));
    assert.ok(code.every((line) => line.split("`").length % 2 === 1), `${name}: a text of several lines`);
  }
});

test("no module needs one that needs it", () => {
  for (const name of MODULES) assert.ok(reached(name).length > 0);
});

test("every field and button has a name, and every reference a target", () => {
  for (const [, id] of PAGE.matchAll(/<(?:input|select)[^>]*\sid="([^"]+)"[^>]*>/g)) {
    const field = PAGE.indexOf(`id="${id}"`);
    const isWrapped = PAGE.lastIndexOf("<label", field) > PAGE.lastIndexOf("</label>", field);
    const tag = PAGE.slice(PAGE.lastIndexOf("<", field), PAGE.indexOf(">", field));
    assert.ok(isWrapped || PAGE.includes(`for="${id}"`) || tag.includes("aria-label"), id);
  }
  for (const [, names] of PAGE.matchAll(/\s(?:aria-(?:labelledby|describedby|controls)|for)="([^"]+)"/g)) {
    for (const id of names.split(" ")) assert.equal(PAGE.split(`id="${id}"`).length, 2, id);
  }
});
