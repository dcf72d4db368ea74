// Where the parts meet: the door, one game at a time, and the views that show it.

import * as account from "./account.js";
import { isIdentityRefused } from "./backoff.js";
import { Clock } from "./clock.js";
import { byId, setText } from "./dom.js";
import { Door } from "./door.js";
import { Game } from "./game.js";
import { IdentityStore } from "./identity.js";
import { Log } from "./log.js";
import { LucidityBar } from "./lucidity.js";
import { MapPanel } from "./map.js";
import { Panels } from "./panels.js";
import { Prompt } from "./prompt.js";
import { PROTOCOL } from "./protocol.js";
import { RoomPanel } from "./room.js";
import { NOWHERE } from "./state.js";
import { StatusLine } from "./status.js";
import { Stay } from "./stay.js";
import { followViewport } from "./viewport.js";
import { VitalsPanel } from "./vitals.js";
import { counted } from "./words.js";

/**
 * @typedef {import("./identity.js").Identity} Identity
 * @typedef {import("./state.js").State} State
 */

/** Lines after which a guest is told that the character can be kept: by then there is one to keep. */
const GUEST_TOLD_AFTER = 12;

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

/** The world's name, as the page came with it. */
const WORLD = document.title;

const screen = byId("game", HTMLElement);
const whoami = byId("whoami", HTMLElement);
const identities = new IdentityStore(() => localStorage, () => sessionStorage);
const log = new Log();
const bar = new LucidityBar();
const vitals = new VitalsPanel();
const clock = new Clock();
const map = new MapPanel();
const panels = new Panels();
const prompt = new Prompt((line) => say(line));
const status = new StatusLine(() => game?.enter());
const room = new RoomPanel({
  walk: (direction) => say(direction),
  address(name) {
    panels.close();
    prompt.address(name);
  },
});
const stay = new Stay({ kept, leave: logOut });
const door = new Door({ enter, resume, forget });

/** @type {Game | null} */
let game = null;
/** @type {Identity | null} */
let identity = null;
/** @type {State} */
let shown = NOWHERE;
/** What the server allows, once it has said so. @type {account.World} */
let world = account.WORLD_UNKNOWN;
let lines = 0;
/** A new token was asked for and has not been welcome yet. */
let isRenewed = false;

/** @param {string} line */
function say(line) {
  game?.say(line);
  lines += 1;
  if (lines === GUEST_TOLD_AFTER && identity?.isGuest) {
    const text = `You play as a guest, and only this browser knows ${identity.characterName}.`;
    log.offer(text, `Keep ${identity.characterName}`, () => {
      panels.open("me");
      stay.offer();
    });
  }
}

/** @param {Identity} as */
function enter(as) {
  identity = as;
  identities.remember(as);
  door.hide();
  log.clear();
  room.clear();
  panels.close();
  map.show(NOWHERE.explored, null);
  shown = NOWHERE;
  lines = 0;
  setText(whoami, as.characterName);
  stay.begin(as, world.invites);
  screen.hidden = false;
  game = new Game(browser, { token: as.token, characterId: as.characterId }, listener);
  game.enter();
  prompt.focus();
}

function resume() {
  const known = identities.playing() ?? identities.known();
  if (known !== null) enter(known);
  else toDoor("");
}

function forget() {
  const known = identities.known();
  if (known !== null) identities.forget(known);
  door.show(null);
}

/** @param {Identity} as the guest, who has a name and a password now */
function kept(as) {
  identity = as;
  identities.remember(as);
  game?.signAs(as.token);
  stay.begin(as, world.invites);
  panels.close();
  const text = `${as.characterName} is yours. From any browser, sign in as ${as.username}.`;
  log.add({ kind: "system", text }, shown.marks);
}

function logOut() {
  if (identity !== null) {
    const { token } = identity;
    identities.forget(identity);
    account.signOut(token);
  }
  toDoor("");
}

/** @param {string} notice */
function toDoor(notice) {
  game?.leave();
  game = null;
  identity = null;
  clock.stop();
  screen.hidden = true;
  document.title = WORLD;
  door.show(identities.known(), notice);
  lookAround();
}

/** Asks what is going on behind the door. */
async function lookAround() {
  world = await account.world();
  door.describe(world);
  if (identity !== null) stay.begin(identity, world.invites);
}

/** @type {import("./game.js").Listener} */
const listener = {
  changed(state, before) {
    shown = state;
    if (state.marks !== before.marks) settleMarks(state, before);
    if (state.self !== before.self) setText(whoami, state.self.name || (identity?.characterName ?? ""));
    if (state.room !== null && state.room !== before.room) {
      room.showRoom(state.room);
      document.title = `${state.room.name} · ${WORLD}`;
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
  refused: (letter) => prompt.giveBack(letter.line),
  status(now) {
    status.show(now);
    screen.dataset.phase = now.phase;
    if (now.phase === "joined") isRenewed = false;
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
  const text =
    lost === 0
      ? "The server was restarted."
      : `The server was restarted before ${counted(lost, "answer")} above could be saved; it is as if that had not happened.`;
  log.add({ kind: "system", text }, state.marks);
}

/** @param {{code: string | null, message: string, identityRefused: boolean}} how */
function end({ code, message, identityRefused }) {
  if (identity === null) return;
  const was = identity;
  if (identityRefused) renew(was);
  else {
    identities.leave();
    // Sent away, or not let in: the keeper's words are all there is to read.
    if (code === "authorization_denied") toDoor(message);
  }
}

/**
 * The token is good no more. Another window of this browser may have a newer one, or the server
 * gives one; else it takes a password.
 * @param {Identity} was
 */
async function renew(was) {
  try {
    if (isRenewed) throw new account.AccountError("invalid_token", "");
    isRenewed = true;
    const as = await oneAtATime(async () => {
      const lasting = identities.known();
      const isNewer = lasting !== null && lasting.characterId === was.characterId && lasting.token !== was.token;
      if (isNewer) return lasting;
      const fresh = { ...was, ...(await tokensFor(was)) };
      // Before anything else: the one of before is used up.
      identities.remember(fresh);
      return fresh;
    });
    if (identity !== was) return;
    identity = as;
    identities.remember(as);
    game?.enterAs(as.token);
  } catch (error) {
    if (identity !== was) return;
    identities.leave();
    // Too fast, too busy or out of reach: it may go well the next time.
    const isOver = error instanceof account.AccountError && isIdentityRefused(error.code);
    if (isOver) identities.forget(was);
    toDoor(isOver ? farewellTo(was) : error instanceof Error ? error.message : "Something went wrong.");
  }
}

/**
 * A refresh token works once, whichever window of this browser shows it.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function oneAtATime(work) {
  // Only over HTTPS and on loopback has a page locks.
  return navigator.locks === undefined ? work() : navigator.locks.request("kadath.refresh", work);
}

/** @param {Identity} was */
async function tokensFor({ refreshToken }) {
  if (refreshToken === "") throw new account.AccountError("token_expired", "");
  const { token, refreshToken: next } = await account.refresh(refreshToken);
  return { token, refreshToken: next };
}

/** @param {Identity} was */
function farewellTo({ isGuest, characterName }) {
  return isGuest
    ? `${characterName} was a guest and has moved on. Play as a new guest, or register to keep a character.`
    : `Please sign in again to play ${characterName}.`;
}

// The browser knows sooner than our timers that the network is back.
addEventListener("online", () => {
  if (screen.dataset.phase === "waiting") game?.enter();
});

followViewport(document.documentElement);
if (identities.playing() !== null) {
  resume();
  lookAround();
} else toDoor("");
