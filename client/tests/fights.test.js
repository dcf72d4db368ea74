import assert from "node:assert/strict";
import { test } from "node:test";
import { alarmOf } from "../alarm.js";
import { conditionText } from "../conditions.js";
import { bandOf, fightAfter, fightWords } from "../fights.js";
import { fighterName } from "../hands.js";
import { NOWHERE, reduce } from "../state.js";
import { frame } from "../../sdk/tests/fakes.js";

const ANN = { id: "p1", name: "Ann", kind: "player", band: "unhurt", dp: 20, max_dp: 20, target_id: "n1" };
const RATS = ["n1", "n2"].map((id) => ({ id, name: "the wharf rat", kind: "npc", band: "hurt", target_id: "p1" }));
const STARTED = frame("combat_started", { combat_id: "f1", participants: [ANN, ...RATS], next_round_ms: 4_500 });
const FIGHT = fightAfter(null, STARTED);
const PLAYER = { id: "p1", name: "Ann", stats: { current_dp: 20, max_dp: 20 } };
const CREATURES = RATS.map(({ id }, index) => ({ id, name: "wharf rat", number: index + 1, kind: "aggressive_mob", short: "" }));
const BEFORE = reduce(NOWHERE, frame("game_state", { player: PLAYER, npcs: CREATURES }));
const FIGHTING = reduce(BEFORE, STARTED);

test("a fight is known from its start or from any round", () => {
  assert.deepEqual([FIGHT.round, FIGHT.intent, FIGHT.nextMs], [0, "attack", 4_500]);
  const round = frame("combat_round", { combat_id: "f1", combat_round: 2, participants: [ANN], intent: "defend", summary: "You lost 2.", next_round_ms: 6_000 });
  for (const before of [null, FIGHT]) {
    const after = fightAfter(before, round);
    assert.deepEqual([after.round, after.intent, after.summary, after.fighters.length], [2, "defend", "You lost 2.", 1]);
  }
});

test("a blow changes who was struck, a death takes them out", () => {
  const struck = fightAfter(FIGHT, frame("npc_attacked", { target_id: "n1", target_current_dp: 1, target_max_dp: 8 }));
  assert.deepEqual(struck.fighters.map(({ band }) => band), ["unhurt", "failing", "hurt"]);
  const own = fightAfter(FIGHT, frame("player_attacked", { target_id: "p1", target_current_dp: 9, target_max_dp: 20 }));
  assert.deepEqual([own.fighters[0].band, own.fighters[0].dp], ["badly hurt", 9]);
  assert.deepEqual(fightAfter(FIGHT, frame("npc_died", { npc_id: "n1" })).fighters.map(({ id }) => id), ["p1", "n2"]);
});

test("a fight ends with its own end or another session", () => {
  assert.equal(fightAfter(FIGHT, frame("combat_ended", { combat_id: "f0" })), FIGHT);
  assert.equal(fightAfter(FIGHT, frame("combat_ended", { combat_id: "f1" })), null);
  assert.equal(fightAfter(FIGHT, frame("welcome", { resumed: true })), FIGHT);
  assert.equal(fightAfter(FIGHT, frame("welcome", { resumed: false })), null);
  assert.equal(fightAfter(null, frame("npc_died", { npc_id: "n1" })), null);
});

test("points are told in the words of the world", () => {
  assert.deepEqual([[20, 20], [16, 20], [10, 20], [5, 20], [1, 20], [0, 20], [-3, 20]].map(([dp, most]) => bandOf(dp, most)), ["unhurt", "scratched", "hurt", "badly hurt", "failing", "down", "down"]);
});

test("who fights whom is said in words", () => {
  assert.deepEqual(fightWords(FIGHT.fighters[0], FIGHT, "p1"), ["unhurt", "20 of 20"]);
  assert.deepEqual(fightWords(FIGHT.fighters[1], FIGHT, "p1"), ["hurt", "strikes at you", "your target"]);
  assert.deepEqual(fightWords(FIGHT.fighters[2], FIGHT, "p1"), ["hurt", "strikes at you"]);
  const withBo = { ...FIGHT, fighters: [...FIGHT.fighters, { id: "p2", name: "Bo", band: "hurt", target_id: "n2" }] };
  assert.deepEqual(fightWords(withBo.fighters[3], withBo, "p1"), ["hurt", "strikes at wharf rat"]);
});

test("several of one name have numbers, one has none", () => {
  assert.deepEqual(FIGHT.fighters.map((one) => fighterName(one, FIGHTING)), ["You", "wharf rat 1", "wharf rat 2"]);
  const alone = { ...FIGHTING, creatures: CREATURES.slice(1) };
  assert.deepEqual(FIGHT.fighters.map((one) => fighterName(one, alone)), ["You", "wharf rat", "wharf rat"]);
});

test("own danger is said at once, others' not", () => {
  assert.equal(alarmOf(BEFORE, FIGHTING), "You are in a fight: wharf rat, wharf rat.");
  const hurt = reduce(FIGHTING, frame("player_attacked", { target_id: "p1", target_current_dp: 6, target_max_dp: 20 }));
  assert.equal(alarmOf(FIGHTING, hurt), "You are badly hurt, 6 of 20.");
  assert.equal(alarmOf(hurt, FIGHTING), "");
  const theirs = reduce(FIGHTING, frame("npc_attacked", { target_id: "n1", target_current_dp: 1, target_max_dp: 8 }));
  assert.equal(alarmOf(FIGHTING, theirs), "");
});

test("going down and dying come before all else", () => {
  const to = (dp) => reduce(FIGHTING, frame("player_dp_updated", { player_id: "p1", new_dp: dp, max_dp: 20, damage_taken: 1 }));
  assert.equal(alarmOf(FIGHTING, to(0)), "You are mortally wounded.");
  assert.equal(alarmOf(to(0), to(-10)), "You are dead.");
  assert.equal(alarmOf(to(0), to(3)), "");
});

const POISON = { effect_type: "poisoned", name: "poisoned", harmful: true, stacks: 1, remaining_seconds: 41 };

test("what harms is announced as it comes, and not again", () => {
  const poisoned = reduce(BEFORE, frame("effects_update", { effects: [POISON, { ...POISON, effect_type: "ward", name: "warded", harmful: false }] }));
  assert.equal(alarmOf(BEFORE, poisoned), "Upon you: poisoned.");
  assert.equal(alarmOf(poisoned, reduce(poisoned, frame("effects_update", { effects: [{ ...POISON, stacks: 2 }] }))), "");
});

test("what is upon one says how long yet, and that it harms", () => {
  assert.equal(conditionText(POISON, 40_200), "harmful, for 41 seconds");
  assert.equal(conditionText({ harmful: false }, Infinity), "until it is taken off");
  assert.equal(conditionText(POISON, -1), "harmful, nearly over");
});
