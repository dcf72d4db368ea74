// The room beside the log: its name, its look, the ways out and who is here.

import { DIRECTIONS, rank } from "./directions.js";
import { byId, make, setText } from "./dom.js";
import { fightWords } from "./fights.js";
import { numbered } from "./hands.js";
import { seenOf } from "./words.js";

/**
 * @typedef {import("./protocol.js").Room} Room
 * @typedef {import("./protocol.js").Occupant} Occupant
 */

export class RoomPanel {
  #name = byId("room-name", HTMLElement);
  #place = byId("room-place", HTMLElement);
  #description = byId("room-description", HTMLElement);
  #exits = byId("exits", HTMLElement);
  #occupants = byId("occupants", HTMLElement);
  #creatures = byId("creatures", HTMLElement);
  #now = byId("now-place", HTMLElement);
  #count = byId("here-count", HTMLElement);

  /**
   * @param {object} act
   * @param {(kind: string, key: string, anchor: Element) => void} act.press a way out, or what can be done with somebody
   * @param {(name: string) => void} act.address
   */
  constructor({ press, address }) {
    this.#exits.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button?.dataset.direction) press("exit", button.dataset.direction, button);
    });
    this.#creatures.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button?.dataset.id) press("creature", button.dataset.id, button);
    });
    this.#occupants.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      if (button?.dataset.more) press("person", button.dataset.more, button);
      else if (button?.dataset.name) address(button.dataset.name);
    });
  }

  /** Nowhere yet: what another character saw must not stand here. */
  clear() {
    setText(this.#name, "…");
    setText(this.#now, "");
    setText(this.#count, "");
    for (const part of [this.#place, this.#description, this.#exits, this.#occupants, this.#creatures]) part.replaceChildren();
  }

  /** @param {Room} room */
  showRoom(room) {
    setText(this.#name, room.name);
    setText(this.#now, room.name);
    setText(this.#place, placeName(room));
    setText(this.#description, seenOf(room));
    this.#showExits(Object.entries(room.exits ?? {}));
  }

  /** @param {[string, import("./protocol.js").Exit][]} exits */
  #showExits(exits) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    const hadFocus = focused !== null && this.#exits.contains(focused);
    const wanted = focused?.dataset.direction;
    exits.sort(([a], [b]) => rank(a) - rank(b));
    this.#exits.replaceChildren(...exits.map(([direction, exit]) => exitButton(direction, exit)));
    if (exits.length === 0) this.#exits.append(make("p", "none", "No way out."));
    if (!hadFocus) return;
    // Walking by keyboard goes on: the same way if it exists, else the first one.
    const buttons = [...this.#exits.querySelectorAll("button")];
    (buttons.find((button) => button.dataset.direction === wanted) ?? buttons[0])?.focus();
  }

  /** @param {import("./state.js").State} state */
  showOccupants({ occupants, company, creatures, fight, self }) {
    const others = occupants.filter(({ name }) => name !== self.name);
    const all = Math.max(company - 1, others.length);
    const living = all + creatures.length;
    setText(this.#count, living === 0 ? "" : ` · ${living.toLocaleString("en-US")}`);
    this.#occupants.replaceChildren(...others.map(occupantItem));
    const at = [...this.#creatures.querySelectorAll("button")].findIndex((one) => one === document.activeElement);
    this.#creatures.replaceChildren(...creatures.map((one) => creatureItem(one, numbered(one, creatures), fight, self.id)));
    this.#creatures.hidden = creatures.length === 0;
    if (at >= 0) (this.#creatures.querySelectorAll("button")[at] ?? this.#creatures.querySelector("button"))?.focus();
    if (others.length === 0 && creatures.length === 0) this.#occupants.append(make("li", "none", "Nobody but you."));
    const more = all - others.length;
    if (more > 0) this.#occupants.append(make("li", "none", `and ${more.toLocaleString("en-US")} more (“who here”)`));
  }
}

/**
 * @param {string} direction
 * @param {import("./protocol.js").Exit} exit
 */
function exitButton(direction, exit) {
  const button = make("button", "exit");
  button.type = "button";
  button.dataset.direction = direction;
  const arrow = make("span", "arrow", DIRECTIONS[rank(direction)]?.arrow ?? "·");
  arrow.setAttribute("aria-hidden", "true");
  button.append(arrow, make("span", "word", direction));
  const [name, state] = exitWords(exit);
  if (name) button.append(" ", make("span", "exit-name", name));
  if (state) button.append(" ", make("span", "exit-state", state));
  return button;
}

/**
 * What a way out is called, and what keeps it shut.
 * @param {import("./protocol.js").Exit | undefined} exit
 * @returns {[string, string]}
 */
export function exitWords(exit) {
  const state = exit?.closed ? (exit.locked ? "locked" : "closed") : "";
  return [exit?.name ?? exit?.door ?? "", state];
}

/** What a creature is to one, in words. @type {Readonly<Record<string, string>>} */
const CLASSES = { aggressive_mob: "hostile", shopkeeper: "keeps a shop", quest_giver: "wants something done" };

/**
 * @param {import("./state.js").Creature} creature
 * @param {string} name
 * @param {import("./fights.js").Fight | null} fight
 * @param {string} selfId
 */
function creatureItem({ id, kind }, name, fight, selfId) {
  const button = make("button", "occupant", name);
  button.type = "button";
  button.dataset.id = id;
  button.setAttribute("aria-haspopup", "menu");
  const fighter = fight?.fighters.find((one) => one.id === id);
  const words = [CLASSES[kind] ?? "", ...(fight && fighter ? fightWords(fighter, fight, selfId) : [])];
  const item = make("li", "");
  item.append(button);
  const note = words.filter(Boolean).join(", ");
  if (note) item.append(" ", make("span", "note", note));
  return item;
}

/** @param {Occupant} occupant */
function occupantItem({ name, linkdead, position, pose, marks }) {
  const button = make("button", "occupant", name);
  button.type = "button";
  button.dataset.name = name;
  button.title = `Whisper to ${name}`;
  const held = pose ?? (position === "standing" ? "" : position);
  const about = [held, ...(marks ?? []), linkdead ? "connection lost" : ""];
  const note = about.filter(Boolean).join(", ");
  const more = make("button", "small more", "…");
  more.type = "button";
  more.dataset.more = name;
  more.setAttribute("aria-label", `More with ${name}`);
  const item = make("li", "");
  item.append(button);
  if (note) item.append(" ", make("span", "note", note));
  item.append(more);
  return item;
}

/**
 * Where a room lies, in the world's own names; one that is called like the room itself says nothing.
 * @param {Room} room
 */
export function placeName({ name, sub_zone: subZone, sub_zone_name: subZoneName, zone, zone_name: zoneName }) {
  const names = [subZoneName ?? spaced(subZone), zoneName ?? spaced(zone)];
  return [...new Set(names)].filter((one) => one !== "" && one !== name).join(", ");
}

/** @param {string | undefined} key a name such as `french_hill`, from a server that tells no better */
function spaced(key) {
  return (key ?? "").replaceAll("_", " ");
}
