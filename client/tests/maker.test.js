import assert from "node:assert/strict";
import { test } from "node:test";

import { aboutText, isShort, verdict } from "../maker.js";

const scholar = {
  id: "scholar",
  name: "Scholar",
  description: "Reads by bad light.",
  requires: { education: 60 },
  bonus: { education: 10, intelligence: 5 },
};
const roll = (/** @type {number} */ education, meets = true) => ({
  roll_id: "r",
  profession: "scholar",
  stats: { education, max_dp: 21, max_magic_points: 12 },
  meets_requirements: meets,
});

test("a profession says what it asks and what it gives", () => {
  assert.equal(aboutText(scholar), "Reads by bad light. Asks education 60. Gives education +10, intelligence +5.");
  assert.equal(aboutText({ ...scholar, requires: {}, bonus: {} }), "Reads by bad light.");
});

test("what is rolled must do without what the profession gives", () => {
  assert.equal(isShort(roll(69), scholar, "education"), true);
  assert.equal(isShort(roll(70), scholar, "education"), false);
  assert.equal(isShort(roll(10), scholar, "luck"), false);
  assert.equal(isShort(roll(10), undefined, "education"), false);
});

test("a roll that does not do says for which profession", () => {
  assert.equal(verdict(roll(70), scholar), "21 determination, 12 magic.");
  assert.equal(
    verdict(roll(69, false), scholar),
    "21 determination, 12 magic. Not enough for Scholar: roll again.",
  );
});
