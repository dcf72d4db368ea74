// Promises that no single module can keep alone.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../", import.meta.url);
const read = (name) => readFileSync(new URL(name, ROOT), "utf8");
const MODULES = readdirSync(ROOT).filter((name) => name.endsWith(".js"));
const PAGE = read("index.html");

test("nothing turns text into markup or code", () => {
  const forbidden = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function/;
  for (const name of MODULES) assert.doesNotMatch(read(name), forbidden, name);
});

test("the page holds no inline script, style or handler and fetches nothing from elsewhere", () => {
  assert.doesNotMatch(PAGE, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)/);
  assert.doesNotMatch(PAGE + read("style.css"), /https?:|@import|url\(/);
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
    for (const [, target] of read(name).matchAll(/from "\.\/([^"]+)"/g)) assert.ok(MODULES.includes(target), `${name}: ${target}`);
  }
});
