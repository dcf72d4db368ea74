// What is pressed, wherever it stands: a way is gone, a detail looked at, the rest opens a menu.

import { worded } from "./belongings.js";
import { wayLine, withCarried, withCreature, withFoe, withLying, withPerson, withStanding, withWorn } from "./deeds.js";
import { DIRECTIONS } from "./directions.js";
import { bare } from "./fights.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./menu.js").Choice} Choice
 * @typedef {import("./nouns.js").NounKind | "worn" | "fighter"} Kind
 */

export class Hands {
  #menu;
  #voice;
  #state;

  /**
   * @param {import("./menu.js").Menu} menu
   * @param {import("./deeds.js").Voice} voice
   * @param {() => State} state
   */
  constructor(menu, voice, state) {
    this.#menu = menu;
    this.#voice = voice;
    this.#state = state;
  }

  /**
   * @param {string} kind
   * @param {string} key the id, or what the world calls it
   * @param {Element} anchor
   */
  press(kind, key, anchor) {
    if (kind === "exit") this.#voice.say(wayLine(key, this.#state().room?.exits?.[key]));
    else if (kind === "detail") this.#voice.say(`look ${key}`);
    else {
      const choices = this.choices(kind, key);
      if (choices.length > 0) this.#menu.open(anchor, this.#nameOf(key), choices);
    }
  }

  /** @param {string} key */
  #nameOf(key) {
    const state = this.#state();
    const known = [...state.creatures, ...standingIn(state), ...lyingIn(state), ...(state.carried ?? []), ...state.worn];
    return known.find(({ id }) => id === key)?.name ?? key;
  }

  /**
   * Does what is most likely wanted of a thing.
   * @param {string} kind
   * @param {string} key
   */
  first(kind, key) {
    this.choices(kind, key)[0]?.act();
  }

  /**
   * @param {string} kind
   * @param {string} key
   * @returns {Choice[]}
   */
  choices(kind, key) {
    const state = this.#state();
    const voice = this.#voice;
    const around = aroundIn(state);
    /** @param {{id?: string, name: string}} one */
    const isMeant = ({ id, name }) => id === key || name === key;
    if (kind === "fight") return this.#fightChoices();
    if (kind === "person") return withPerson(key, around, voice);
    if (kind === "creature" || kind === "fighter") {
      const meant = wordedCreatures(state).find(isMeant);
      if (meant === undefined) return [];
      return kind === "fighter" ? withFoe(meant, voice) : withCreature(meant, around, voice);
    }
    const stands = standingIn(state).find(isMeant);
    if (kind === "stand" && stands) return withStanding(stands, voice);
    const carried = worded(state.carried ?? []).find(isMeant);
    if (carried && kind !== "lying" && kind !== "worn") return withCarried(carried, around, voice);
    const worn = worded(state.worn).find(isMeant);
    if (worn && kind !== "lying") return withWorn(worn, voice);
    const lying = lyingIn(state).find(isMeant);
    return lying ? withLying(lying, voice) : [];
  }

  /** What else can be done in a fight. */
  #fightChoices() {
    const { room } = this.#state();
    const ways = DIRECTIONS.filter(({ word }) => room?.exits?.[word] !== undefined && !room.exits[word]?.closed);
    const { say } = this.#voice;
    return [
      { label: "See to my wounds", act: () => say("aid") },
      ...ways.map(({ word }) => ({ label: `Flee ${word}`, act: () => say(`flee ${word}`) })),
    ];
  }
}

/** @param {State} state */
export function wordedCreatures({ creatures }) {
  return creatures.map((one) => ({ ...one, word: one.number > 1 ? `${one.number}.${one.name}` : one.name }));
}

/** @param {State} state */
export function lyingIn({ floor }) {
  return worded(floor.map(({ item_instance_id: id, item_name: name, quantity }) => ({ id, name, quantity })));
}

/** @param {State} state */
export function standingIn({ standing }) {
  return worded(standing.map(({ container_id: id, name, closed, lock_state: lock, source_type: type }) => ({ id, name, closed, locked: lock !== "unlocked", isCorpse: type === "corpse" })));
}

/**
 * @param {State} state
 * @returns {import("./deeds.js").Around}
 */
function aroundIn(state) {
  const things = worded(state.carried ?? []);
  const bags = [...things, ...worded(state.worn)].filter(({ inside, closed }) => inside !== undefined && !closed);
  const stands = standingIn(state).filter(({ closed }) => !closed);
  return {
    others: state.occupants.map(({ name }) => name).filter((name) => name !== state.self.name),
    things,
    holders: [...bags, ...stands].map(({ word }) => word),
  };
}

/**
 * A creature that has been given a number among those of its name, as it is called where all are listed.
 * @param {{name: string, number: number}} creature
 * @param {readonly {name: string}[]} all
 */
export function numbered({ name, number }, all) {
  return all.filter((one) => one.name === name).length > 1 ? `${name} ${number}` : name;
}

/**
 * What somebody in a fight is called where all are listed.
 * @param {{id: string, name: string}} fighter
 * @param {State} state
 */
export function fighterName({ id, name }, { creatures, self }) {
  if (id === self.id) return "You";
  const creature = creatures.find((one) => one.id === id);
  return creature ? numbered(creature, creatures) : bare(name);
}
