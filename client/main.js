// Where the parts meet: the door, one game at a time, and the views that show it.

import { signOut } from "./account.js";
import { Clock } from "./clock.js";
import { byId } from "./dom.js";
import { Door } from "./door.js";
import { Game } from "./game.js";
import { IdentityStore } from "./identity.js";
import { Log } from "./log.js";
import { LucidityBar } from "./lucidity.js";
import { MapPanel } from "./map.js";
import { Prompt } from "./prompt.js";
import { PROTOCOL } from "./protocol.js";
import { RoomPanel } from "./room.js";
import { NOWHERE } from "./state.js";
import { StatusLine } from "./status.js";
import { VitalsPanel } from "./vitals.js";

/**
 * @typedef {import("./identity.js").Identity} Identity
 * @typedef {import("./state.js").State} State
 */

/** @type {import("./connection.js").Surroundings} */
const browser = {
  open() {
    const url = new URL("api/ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url, PROTOCOL);
  },
  after(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  chance: Math.random,
};

const screen = byId("game", HTMLElement);
const whoami = byId("whoami", HTMLElement);
const identities = new IdentityStore(() => localStorage, () => sessionStorage);
const log = new Log();
const bar = new LucidityBar();
const vitals = new VitalsPanel();
const clock = new Clock();
const map = new MapPanel();
const prompt = new Prompt((line) => game?.say(line));
const status = new StatusLine(() => game?.enter());
const room = new RoomPanel({
  walk: (direction) => game?.say(direction),
  address: (name) => prompt.address(name),
});
const door = new Door({ enter, resume, forget });

/** @type {Game | null} */
let game = null;
/** @type {Identity | null} */
let identity = null;
/** @type {State} */
let shown = NOWHERE;

/** @param {Identity} as */
function enter(as) {
  identity = as;
  identities.remember(as);
  door.hide();
  log.clear();
  room.clear();
  map.show(NOWHERE.explored, null);
  shown = NOWHERE;
  whoami.textContent = as.characterName;
  screen.hidden = false;
  game = new Game(browser, { token: as.token, characterId: as.characterId }, listener);
  game.enter();
  prompt.focus();
}

function resume() {
  const known = identities.playing() ?? identities.known();
  if (known !== null) enter(known);
  else door.show(null);
}

function forget() {
  const known = identities.known();
  if (known !== null) identities.forget(known);
  door.show(null);
}

/** @param {string} notice */
function toDoor(notice) {
  game?.leave();
  game = null;
  identity = null;
  clock.stop();
  screen.hidden = true;
  document.title = "Kadath";
  door.show(identities.known(), notice);
}

/** @type {import("./game.js").Listener} */
const listener = {
  changed(state, before) {
    shown = state;
    if (state.marks !== before.marks) settleMarks(state, before);
    if (state.self !== before.self) whoami.textContent = state.self.name || (identity?.characterName ?? "");
    if (state.room !== null && state.room !== before.room) {
      room.showRoom(state.room);
      document.title = `${state.room.name} · Kadath`;
    }
    if (state.occupants !== before.occupants || state.company !== before.company) {
      room.showOccupants(state.occupants, state.company, state.self.name);
    }
    if (state.lucidity !== null && state.lucidity !== before.lucidity) bar.show(state.lucidity);
    if (state.vitals !== null && state.vitals !== before.vitals) vitals.show(state.vitals);
    if (state.clock !== null && state.clock !== before.clock) clock.show(state.clock);
    if (state.explored !== before.explored || state.room?.id !== before.room?.id) {
      map.show(state.explored, state.room);
    }
  },
  told: (entry) => log.add(entry, shown.marks),
  written: (letter) => log.addEcho(letter),
  posted: (letter) => log.numberEcho(letter),
  answered: (letter, stamp, hasText) => log.settleEcho(letter, stamp, hasText, shown.marks),
  status(now) {
    status.show(now);
    screen.dataset.phase = now.phase;
    if (now.phase === "waiting" || now.phase === "ended") clock.stop();
    if (now.phase === "ended") end(now);
  },
};

/**
 * @param {State} state
 * @param {State} before
 */
function settleMarks(state, before) {
  const lost = log.settle(state.marks);
  if (before.marks.run === "" || state.marks.run === before.marks.run) return;
  const answers = lost === 1 ? "one answer" : `${lost} answers`;
  const text =
    lost === 0
      ? "The server was restarted."
      : `The server was restarted before ${answers} above could be saved; it is as if that had not happened.`;
  log.add({ kind: "system", text }, state.marks);
}

/** @param {{code: string | null, identityRefused: boolean}} how */
function end({ identityRefused }) {
  identities.leave();
  if (!identityRefused || identity === null) return;
  const was = identity;
  identities.forget(was);
  toDoor(
    was.isGuest
      ? `${was.characterName} was a guest and has moved on. Play as a new guest, or register to keep a character.`
      : `Please sign in again to play ${was.characterName}.`,
  );
}

byId("logout", HTMLButtonElement).addEventListener("click", () => {
  if (identity !== null) {
    const { token } = identity;
    identities.forget(identity);
    signOut(token);
  }
  toDoor("");
});

// The browser knows sooner than our timers that the network is back.
addEventListener("online", () => {
  if (screen.dataset.phase === "waiting") game?.enter();
});

if (identities.playing() !== null) resume();
else door.show(identities.known());
