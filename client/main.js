// Where the parts meet: the door, one game at a time, and the views that show it.

import * as account from "./account.js";
import { Advice, isIdentityRefused } from "../sdk/codes.js";
import { surroundings } from "../sdk/surroundings.js";
import { Channels, isTalk } from "./channels.js";
import { Clock } from "./clock.js";
import { Danger } from "./danger.js";
import { firstWord, takesThings } from "./deeds.js";
import { byId, setText } from "./dom.js";
import { Door } from "./door.js";
import { Find } from "./find.js";
import { Game } from "./game.js";
import { Hands } from "./hands.js";
import { IdentityStore } from "./identity.js";
import { Keeping } from "./keeping.js";
import { Log } from "./log.js";
import { LucidityBar } from "./lucidity.js";
import { MapPanel } from "./map.js";
import { Menu } from "./menu.js";
import { lastingSplitter } from "./nouns.js";
import { Panels } from "./panels.js";
import { Prompt } from "./prompt.js";
import { Recall } from "./recall.js";
import { farewellTo, renewed } from "./renewal.js";
import { RoomPanel } from "./room.js";
import { Scrollback } from "./scrollback.js";
import { SettingsPanel } from "./settings.js";
import { keepShell } from "./shell.js";
import { changes, namesIn, NOWHERE } from "./state.js";
import { StatusLine } from "./status.js";
import { Stay } from "./stay.js";
import { Store } from "./store.js";
import { ThingsPanel } from "./things.js";
import { followViewport } from "./viewport.js";
import { condition, VitalsPanel } from "./vitals.js";
import { Walker, wayTo } from "./walker.js";
import { counted } from "./words.js";

/**
 * @typedef {import("./identity.js").Identity} Identity
 * @typedef {import("./state.js").State} State
 */

/** The world's name, as the page came with it. */
const WORLD = document.title;

/** Characters of whom this browser remembers what they read and typed. */
const REMEMBERED_MAX = 4;

/** Who comes back after this long has left once, and may be reminded; a reload is no return. */
const RETURN_MS = 10 * 60_000;

/** @type {Game | null} */
let game = null;
/** @type {Identity | null} */
let identity = null;
/** @type {State} */
let shown = NOWHERE;
/** What the server allows, once it has said so. @type {account.World} */
let world = account.WORLD_UNKNOWN;
/** @type {Recall | null} */
let recall = null;
let missed = 0;

const screen = byId("game", HTMLElement);
const whoami = byId("whoami", HTMLElement);
const talkTo = byId("talk-to", HTMLSelectElement);
const identities = new IdentityStore(() => localStorage, () => sessionStorage);
const store = new Store(() => localStorage);
const scrollback = new Scrollback(store);
const log = new Log(scrollback);
const bar = new LucidityBar();
const vitals = new VitalsPanel();
const clock = new Clock();
const menu = new Menu();
const walker = new Walker((line) => say(line));
const splitterIn = lastingSplitter();
const map = new MapPanel(walkTo);
const panels = new Panels();
const settings = new SettingsPanel(store, ({ talk }) => (talkTo.hidden = !talk));
const prompt = new Prompt({ say: type, stop: () => walker.stop(), known }, store, new Store(() => sessionStorage));
const status = new StatusLine(() => game?.enter());
const hands = new Hands(menu, { say: type, address, begin }, () => shown);
const room = new RoomPanel({ press: (kind, key, anchor) => hands.press(kind, key, anchor), address });
const things = new ThingsPanel({
  first: (kind, id) => hands.first(kind, id),
  more: (kind, id, anchor) => hands.press(kind, id, anchor),
  label: (kind, id) => hands.choices(kind, id)[0]?.label ?? "Look at",
  say: type,
});
const danger = new Danger(hands, type);
const channels = new Channels({ open: openChannel, missed: (missed) => entitle(missed) });
const find = new Find({ lines: () => scrollback.lines, leave: () => prompt.focus(true) });
const keeping = new Keeping((words, name) =>
  log.offer(words, `Keep ${name}`, () => {
    panels.open("me");
    stay.offer();
  }),
);
const stay = new Stay({ kept, leave: logOut });
const door = new Door({ enter, resume, forget });

/**
 * A line that the player gives, however: it is in the way of a walk that goes on by itself.
 * @param {string} line
 */
function type(line) {
  walker.stop();
  const isWords = settings.now.talk && shown.verbs.length > 0 && /^[\p{L}\p{N}]/u.test(line) && !isVerb(firstWord(line));
  if (!isWords && !isTalk(line) && channels.now !== "all") channels.open("all");
  say(line, isWords ? `${talkTo.value} ${line}` : undefined);
  keeping.said();
}

/**
 * @param {string} line
 * @param {string} [orElse]
 */
function say(line, orElse) {
  game?.say(line, orElse);
}

/** @param {string} word */
function isVerb(word) {
  return shown.verbs.some(({ words }) => words.includes(word));
}

/** @param {string} name whom to whisper to */
function address(name) {
  panels.close();
  prompt.address(name);
}

/** @param {string} line that the player goes on with */
function begin(line) {
  panels.close();
  prompt.start(line);
}

/** What a line may be completed with. */
function known() {
  recall?.verbs();
  return { verbs: shown.verbs, names: namesIn(shown) };
}

/** @param {string} roomId */
function walkTo(roomId) {
  const from = shown.room?.id;
  if (from === undefined || from === roomId) return;
  const way = wayTo(shown.explored, from, roomId);
  const name = shown.explored.get(roomId)?.name ?? "what lies there";
  if (way === null) log.add({ kind: "system", text: `No way to ${name} is known.` }, shown.marks);
  else {
    panels.close();
    const text = `You set out for ${name}, ${counted(way.length, "room")} away.`;
    if (way.length > 1) log.offer(text, "Stop", () => walker.stop());
    walker.go(way);
  }
}

/** @param {import("./channels.js").Tab} tab */
function openChannel(tab) {
  log.show(tab);
  recall?.channel(tab);
  if (tab !== "all" && tab !== "staff") talkTo.value = tab === "whisper" ? "reply" : tab;
}

/** @param {number} [now] lines that wait behind the page */
function entitle(now = missed) {
  missed = now;
  const place = shown.room === null || game === null ? "" : `${shown.room.name} · `;
  document.title = `${missed > 0 ? `(${missed}) ` : ""}${place}${WORLD}`;
}

/** @param {Identity} as */
function enter(as) {
  identity = as;
  identities.remember(as);
  door.hide();
  screen.hidden = false;
  for (const id of store.visit(as.characterId, REMEMBERED_MAX)) forgetWords(id);
  scrollback.open(as.characterId);
  log.begin();
  find.clear();
  channels.clear();
  walker.stop();
  room.clear();
  things.show(NOWHERE);
  danger.clear();
  panels.close();
  map.show(NOWHERE.explored, null);
  shown = NOWHERE;
  keeping.begin(as);
  prompt.begin(as.characterId);
  setText(whoami, as.characterName);
  stay.begin(as, world.invites);
  const playing = new Game(surroundings(new URL(".", document.baseURI)), { token: as.token, characterId: as.characterId, refresh: renew }, listener);
  game = playing;
  recall = new Recall((line) => playing.ask(line), log);
  game.enter();
  prompt.focus();
}

function resume() {
  const known = identities.playing() ?? identities.known();
  if (known === null) toDoor("");
  else {
    const lastAt = scrollback.lastOf(known.characterId);
    enter(known);
    if (Date.now() - lastAt > RETURN_MS) keeping.at("return");
  }
}

function forget() {
  const known = identities.known();
  if (known !== null) {
    identities.forget(known);
    forgetWords(known.characterId);
  }
  door.show(null);
}

/** @param {string} characterId what of whom this browser remembers */
function forgetWords(characterId) {
  scrollback.close();
  for (const name of ["log", "typed"]) store.write(`${name}.${characterId}`, null);
}

/** @param {Identity} as the guest, who has a name and a password now */
function kept(as) {
  identity = as;
  identities.remember(as);
  game?.signAs(as.token);
  stay.begin(as, world.invites);
  keeping.begin(as);
  panels.close();
  const text = `${as.characterName} is yours. From any browser, sign in as ${as.username}.`;
  log.add({ kind: "system", text }, shown.marks);
}

function logOut() {
  if (identity !== null) {
    const { token } = identity;
    identities.forget(identity);
    // Who comes after may be somebody else.
    for (const own of [scrollback, prompt, log]) own.forget();
    account.signOut(token);
  }
  toDoor("");
}

/** @param {string} notice */
function toDoor(notice) {
  game?.leave();
  game = null;
  recall = null;
  identity = null;
  scrollback.close();
  menu.close();
  clock.stop();
  screen.hidden = true;
  entitle(0);
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
      entitle();
    }
    if (state.room?.id !== before.room?.id) walker.arrive(state.room?.id);
    if (state.verbs !== before.verbs) prompt.refresh();
    if (changes(state, before, "floor", "standing", "carried", "worn", "occupants")) things.show(state);
    if (changes(state, before, "occupants", "company", "creatures", "fight")) room.showOccupants(state);
    danger.show(state, before);
    if (state.lucidity !== null && state.lucidity !== before.lucidity) bar.show(state.lucidity);
    if (state.vitals !== null && state.vitals !== before.vitals) {
      vitals.show(state.vitals);
      if (state.vitals.level > (before.vitals?.level ?? Infinity)) keeping.at("level");
    }
    if (state.clock !== null && state.clock !== before.clock) clock.show(state.clock);
    if (state.explored !== before.explored || state.room?.id !== before.room?.id) {
      map.show(state.explored, state.room);
    }
  },
  told(entry, state) {
    log.link(splitterIn(state));
    log.add(entry, shown.marks);
    if (entry.kind !== "chat" || entry.sender === state.self.id) return;
    channels.hear(entry.channel, entry.mention === true || entry.channel === "whisper");
  },
  entered() {
    recall?.begin(scrollback.readSince());
    if (shown.vitals !== null && condition(shown.vitals.dp) === "dead") log.offer("You are dead.", "Come back", () => type("respawn"));
  },
  done(letter, ok) {
    if (!ok) walker.stop();
    else {
      if (takesThings(letter.line)) keeping.at("thing");
      danger.intend(firstWord(letter.line));
    }
  },
  written: (letter) => log.addEcho(letter),
  posted: (letter) => log.numberEcho(letter),
  answered: (letter, stamp, hasText) => log.settleEcho(letter, stamp, hasText, shown.marks),
  refused: (letter) => prompt.giveBack(letter.line),
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
  const text =
    lost === 0
      ? "The server was restarted."
      : `The server was restarted before ${counted(lost, "answer")} above could be saved; it is as if that had not happened.`;
  log.add({ kind: "system", text }, state.marks);
}

/** @param {{code: string | null, message: string, advice: string}} how */
function end({ code, message, advice }) {
  if (identity === null) return;
  const was = identity;
  identities.leave();
  // Sent away, or not let in: the admin's words are all there is to read.
  if (code === "authorization_denied") toDoor(message);
  if (advice !== Advice.SIGN_IN) return;
  identities.forget(was);
  // A guest does not come back to what was read.
  if (was.isGuest) forgetWords(was.characterId);
  toDoor(farewellTo(was));
}

/**
 * The token is good no more.
 * @returns {Promise<string | null>} another; none where it takes a password
 */
async function renew() {
  const was = identity;
  try {
    if (was === null) return null;
    const as = await renewed(was, identities);
    if (identity !== was) return null;
    identity = as;
    identities.remember(as);
    return as.token;
  } catch (error) {
    // Too fast, too busy or out of reach: it may go well the next time.
    if (!(error instanceof account.AccountError) || !isIdentityRefused(error.code)) throw error;
    return null;
  }
}

byId("log", HTMLElement).addEventListener("click", ({ target }) => {
  const pressed = target instanceof Element ? target.closest("[data-noun], [data-line]") : null;
  if (!(pressed instanceof HTMLElement)) return;
  const { noun = "", name = "", line } = pressed.dataset;
  if (line) type(line);
  else hands.press(noun, name, pressed);
});
addEventListener("pagehide", () => scrollback.save());
followViewport(document.documentElement);
keepShell();
if (identities.playing() !== null) {
  resume();
  lookAround();
} else toDoor("");
