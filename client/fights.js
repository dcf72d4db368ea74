// A fight as far as we are told of it: who is in it, how they are, whom they strike.

/**
 * @typedef {{id: string, name: string, kind?: string, band?: string, target_id?: string, dp?: number, max_dp?: number}} Fighter
 * @typedef {object} Fight
 * @property {string} id
 * @property {number} round how many are over
 * @property {string} intent what we do at our next turn
 * @property {Fighter[]} fighters in the order in which they act
 * @property {string} summary the last round in one line
 * @property {number} nextMs how long it was to the next round when we were told
 */

/**
 * The fight that we are in after one frame.
 * @param {Fight | null} fight
 * @param {import("./protocol.js").Frame} frame
 * @returns {Fight | null}
 */
export function fightAfter(fight, { event_type, data }) {
  switch (event_type) {
    case "welcome":
      return data.resumed ? fight : null;
    case "combat_started":
    case "combat_round": {
      const known = fight?.id === data.combat_id ? fight : null;
      return {
        id: data.combat_id,
        round: data.combat_round ?? known?.round ?? 0,
        intent: data.intent ?? known?.intent ?? "attack",
        fighters: data.participants ?? [],
        summary: data.summary ?? known?.summary ?? "",
        nextMs: data.next_round_ms ?? 0,
      };
    }
    case "combat_ended":
      return fight?.id === data.combat_id ? null : fight;
    case "npc_attacked":
    case "player_attacked": {
      const { target_current_dp: dp, target_max_dp: most } = data;
      return withFighters(fight, (all) => all.map((one) => (one.id === data.target_id ? hurt(one, dp, most) : one)));
    }
    case "npc_died":
      return withFighters(fight, (all) => all.filter(({ id }) => id !== data.npc_id));
    default:
      return fight;
  }
}

/**
 * @param {Fight | null} fight
 * @param {(fighters: Fighter[]) => Fighter[]} change
 */
function withFighters(fight, change) {
  return fight && { ...fight, fighters: change(fight.fighters) };
}

/**
 * @param {Fighter} one
 * @param {number} dp
 * @param {number} most
 * @returns {Fighter}
 */
function hurt(one, dp, most) {
  const own = one.dp === undefined ? {} : { dp, max_dp: most };
  return { ...one, ...own, band: bandOf(dp, most) };
}

/** From whole to down; the server's own words. */
export const BANDS = ["unhurt", "scratched", "hurt", "badly hurt", "failing", "down"];

/**
 * @param {number} dp
 * @param {number} most
 */
export function bandOf(dp, most) {
  if (dp <= 0) return "down";
  const share = (dp * 100) / Math.max(most, 1);
  return BANDS[[100, 80, 50, 25].findIndex((least) => share >= least)] ?? "failing";
}

/**
 * What is to be said of somebody in a fight, most pressing first.
 * @param {Fighter} one
 * @param {Fight} fight
 * @param {string} selfId
 * @returns {string[]}
 */
export function fightWords(one, fight, selfId) {
  const self = fight.fighters.find(({ id }) => id === selfId);
  const target = fight.fighters.find(({ id }) => id === one.target_id);
  const isOwn = one.id === selfId;
  const points = isOwn && one.dp !== undefined ? `${one.dp} of ${one.max_dp}` : "";
  const whom = isOwn || target === undefined ? "" : target.id === selfId ? "strikes at you" : `strikes at ${bare(target.name)}`;
  return [one.band ?? "", points, whom, self?.target_id === one.id ? "your target" : ""].filter(Boolean);
}

/**
 * A name without the article that it has in a sentence.
 * @param {string} name
 */
export function bare(name) {
  return name.replace(/^the /, "");
}

/** What befell us, then what we did, then who fell. @type {readonly string[]} */
const ORDER = ["player_attacked", "npc_attacked", "npc_died"];

/** The blows of one tick, until they can be told as one. */
export class Blows {
  /** @type {{text: string, rank: number}[]} */ #held = [];
  /** What was heard after the first of them. @type {import("./entries.js").Entry[]} */ #behind = [];
  #tick = -1;

  get areHeld() {
    return this.#held.length > 0;
  }

  /** @param {number} tick */
  isOf(tick) {
    return !this.areHeld || this.#tick === tick;
  }

  /** @param {import("./entries.js").Entry} entry that is not to be told before them */
  follow(entry) {
    this.#behind.push(entry);
  }

  /**
   * @param {string} text
   * @param {import("./protocol.js").Frame} frame
   */
  add(text, { tick, event_type: type }) {
    this.#tick = tick;
    this.#held.push({ text, rank: ORDER.indexOf(type) });
  }

  /**
   * All of them in one, our own danger first, and what followed.
   * @returns {import("./entries.js").Entry[]}
   */
  take() {
    if (!this.areHeld) return [];
    const text = this.#held.sort((a, b) => a.rank - b.rank).map((one) => one.text).join("\n");
    const behind = this.#behind;
    [this.#held, this.#behind] = [[], []];
    return [{ kind: "fight", text }, ...behind];
  }
}
