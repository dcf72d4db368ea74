import assert from "node:assert/strict";
import { test } from "node:test";
import { AccountError, charactersIn, claim, refresh, signIn, world } from "../account.js";
import { clockAfter, dayText } from "../clock.js";
import { columnsIn } from "../columns.js";
import { lineForKey } from "../directions.js";
import { History } from "../history.js";
import { IdentityStore } from "../identity.js";
import { fillPercent } from "../lucidity.js";
import { layoutFloor, listByPlace } from "../maplayout.js";
import { placeName } from "../room.js";
import { statusText } from "../status.js";
import { withWait } from "../words.js";

const ROOMS = new Map(
  [
    { id: "hall", name: "Hall", sub_zone: "old_house", x: 4, y: 2, z: 0, exits: { north: "yard", east: "unseen", up: "loft" } },
    { id: "yard", name: "Yard", sub_zone: "old_house", x: 4, y: 1, z: 0, exits: { south: "hall" } },
    { id: "loft", name: "Loft", sub_zone: "attic", x: 4, y: 2, z: 1, exits: { down: "hall" } },
  ].map((room) => [room.id, room]),
);

test("the map shows the floor of the current room around it", () => {
  const { cells } = layoutFloor(ROOMS, "hall");
  assert.deepEqual(cells.map(({ id, col, row, isHere, hasUp }) => [id, col, row, isHere, hasUp]), [
    ["hall", 0, 0, true, true],
    ["yard", 0, -1, false, false],
  ]);
});

test("a passage is drawn once and a way to an unseen room as a stub", () => {
  const { links } = layoutFloor(ROOMS, "hall");
  assert.deepEqual(links.map(({ isOpen }) => isOpen).sort(), [false, true]);
});

test("rooms on the same spot are pulled apart and the current one stays", () => {
  const twin = { ...ROOMS.get("hall"), id: "twin", exits: {} };
  const { cells } = layoutFloor(new Map([["twin", twin], ...ROOMS]), "hall");
  const [hall, other] = ["hall", "twin"].map((id) => cells.find((cell) => cell.id === id));
  assert.deepEqual([hall.col, hall.row], [0, 0]);
  assert.ok(other.col > 0 && other.row > 0);
});

test("no explored room is an empty map", () => {
  assert.deepEqual(layoutFloor(new Map(), "hall"), { cells: [], links: [] });
});

test("the list names every room under its neighbourhood", () => {
  const list = listByPlace(ROOMS).map(([place, rooms]) => [place, rooms.map(({ name }) => name)]);
  assert.deepEqual(list, [["attic", ["Loft"]], ["old house", ["Hall", "Yard"]]]);
});

test("history walks back and forth and returns to the draft", () => {
  const history = new History();
  for (const line of ["look", "look", "north"]) history.add(line);
  assert.equal(history.older("say he"), "north");
  assert.equal(history.older("north"), "look");
  assert.equal(history.older("look"), "look");
  assert.equal(history.newer("look"), "north");
  assert.equal(history.newer("north"), "say he");
  assert.equal(history.newer("say he"), "say he");
});

test("the number pad walks only on an empty line", () => {
  const key = { code: "Numpad9", altKey: false, ctrlKey: false, metaKey: false };
  assert.equal(lineForKey(key, true), "northeast");
  assert.equal(lineForKey(key, false), null);
});

test("alt and an arrow walk only on an empty line", () => {
  const key = { code: "ArrowLeft", altKey: true, ctrlKey: false, metaKey: false };
  assert.equal(lineForKey(key, true), "west");
  assert.equal(lineForKey(key, false), null);
  assert.equal(lineForKey({ ...key, altKey: false }, true), null);
});

test("the clock goes on by the minute and over midnight", () => {
  assert.equal(clockAfter("23:58 Mythos", 0), "23:58 Mythos");
  assert.equal(clockAfter("23:58 Mythos", 6_249), "23:58 Mythos");
  assert.equal(clockAfter("23:58 Mythos", 12_500), "00:00 Mythos");
  assert.equal(clockAfter("dawn", 12_500), "dawn");
});

test("a date has the year of the world's own calendar", () => {
  const time = { day_name: "Tertius", day_of_month: 3, month_name: "March", mythos_datetime: "1948-03-03T02:14:00Z" };
  assert.equal(dayText(time), "Tertius, 3 March 1948");
});

test("a place is called by its names, each once", () => {
  const room = { id: "r", name: "Hall", description: "", sub_zone: "frenchhill", zone: "arkhamcity" };
  assert.equal(placeName({ ...room, sub_zone_name: "French Hill", zone_name: "Arkham" }), "French Hill, Arkham");
  assert.equal(placeName({ ...room, sub_zone_name: "Hall", zone_name: "Arkham" }), "Arkham");
  assert.equal(placeName({ ...room, zone: undefined, sub_zone: "old_house" }), "old house");
});

test("a list of commands is read as rows between prose", () => {
  const help = "You can:\n  say <words>    Says something\n  whisper <name> <words>  Whispers\nType help.";
  assert.deepEqual(columnsIn(help), [
    { kind: "prose", text: "You can:" },
    { kind: "rows", rows: [{ key: "say <words>", text: "Says something" }, { key: "whisper <name> <words>", text: "Whispers" }] },
    { kind: "prose", text: "Type help." },
  ]);
});

test("a drawing keeps its signs and prose stays prose", () => {
  assert.equal(columnsIn("[ ]--[@]\n |    |")?.[0]?.kind, "typed");
  assert.equal(columnsIn("It is late.\nThe lamps are out."), null);
  assert.equal(columnsIn("One line  with a slip."), null);
});

test("a wait is told once, in words", () => {
  assert.equal(withWait("Enough.", undefined), "Enough.");
  assert.equal(withWait("Enough.", 400), "Enough. Try again in 1 second.");
  assert.equal(withWait("Enough.", 900_000), "Enough. Try again in 15 minutes.");
});

test("the bar is empty at and below zero and never overfull", () => {
  assert.deepEqual([[-40, 90], [0, 90], [45, 90], [95, 90], [5, 0]].map(([now, max]) => fillPercent(now, max)), [0, 0, 50, 100, 0]);
});

test("a pause is told in whole seconds", () => {
  assert.match(statusText({ phase: "waiting", delayMs: 3_900 }), /in 4 s/);
});

function storage() {
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
  };
}

const ANN = { token: "t1", username: "ann", isGuest: false, characterId: "c1", characterName: "Ann" };

test("a reload plays on, another window is only offered the character", () => {
  const [lasting, window] = [storage(), storage()];
  new IdentityStore(() => lasting, () => window).remember(ANN);
  assert.equal(new IdentityStore(() => lasting, () => window).playing()?.characterName, "Ann");
  const elsewhere = new IdentityStore(() => lasting, () => storage());
  assert.equal(elsewhere.playing(), null);
  assert.equal(elsewhere.known()?.characterName, "Ann");
});

test("forgetting one character leaves another that was remembered since", () => {
  const [lasting, window] = [storage(), storage()];
  const store = new IdentityStore(() => lasting, () => window);
  store.remember({ ...ANN, token: "t2", characterName: "Bo" });
  store.forget(ANN);
  assert.equal(store.known()?.characterName, "Bo");
  assert.equal(store.playing(), null);
});

test("forbidden storage means that nobody is known", () => {
  const forbidden = () => {
    throw new Error("denied");
  };
  const store = new IdentityStore(forbidden, forbidden);
  store.remember(ANN);
  assert.equal(store.known(), null);
});

test("characters are read from a list or an object, under either name of their id", () => {
  const expected = [{ id: "c1", name: "Ann" }];
  assert.deepEqual(charactersIn([{ id: "c1", name: "Ann" }]), expected);
  assert.deepEqual(charactersIn({ characters: [{ player_id: "c1", name: "Ann" }, { name: "nobody" }] }), expected);
  assert.deepEqual(charactersIn(null), []);
});

test("a wrong password is called what it is", async (t) => {
  const body = { error: { code: "authentication_failed", message: "Sign-in failed." } };
  t.mock.method(globalThis, "fetch", async () => Response.json(body, { status: 401 }));
  await assert.rejects(signIn("ann", "x"), new AccountError("authentication_failed", "Wrong name or password.", "password"));
});

test("a guest is claimed with its own token", async (t) => {
  const fetch = t.mock.method(globalThis, "fetch", async () => Response.json({ access_token: "t2", refresh_token: "r2", characters: [] }));
  assert.deepEqual(await claim("t1", "ann", "secret words", ""), { token: "t2", refreshToken: "r2", characters: [] });
  const [path, { headers, body }] = fetch.mock.calls[0].arguments;
  assert.deepEqual([path, headers.Authorization, JSON.parse(body)], ["auth/claim", "Bearer t1", { username: "ann", password: "secret words" }]);
});

test("a refresh shows only the refresh token", async (t) => {
  const fetch = t.mock.method(globalThis, "fetch", async () => Response.json({ access_token: "t2", characters: [] }));
  assert.deepEqual(await refresh("r1"), { token: "t2", refreshToken: "", characters: [] });
  const [path, { headers, body }] = fetch.mock.calls[0].arguments;
  assert.deepEqual([path, headers.Authorization, JSON.parse(body)], ["auth/refresh", undefined, { refresh_token: "r1" }]);
});

test("a world that says nothing of itself is taken as open", async (t) => {
  const open = { guests: true, invites: true, registration: true, playersOnline: 0, time: "" };
  t.mock.method(globalThis, "fetch", async () => Response.json({ error: {} }, { status: 404 }));
  assert.deepEqual(await world(), open);
});

test("a refusal carries the server's code, words and field", async (t) => {
  const body = { error: { code: "validation_error", message: "Too short.", field: "password" } };
  t.mock.method(globalThis, "fetch", async () => Response.json(body, { status: 422 }));
  await assert.rejects(signIn("ann", "x"), new AccountError("validation_error", "Too short.", "password"));
});
