// Walks over rooms that are known, a command a room, until it is there or something comes between.

/**
 * @typedef {import("./protocol.js").MapRoom} MapRoom
 * @typedef {{direction: string, to: string}} Step
 */

/**
 * The shortest way over explored rooms, the last step perhaps into one that is not; `null` where
 * there is none.
 * @param {ReadonlyMap<string, MapRoom>} explored
 * @param {string} from
 * @param {string} to
 * @returns {Step[] | null}
 */
export function wayTo(explored, from, to) {
  /** @type {Map<string, {before: string, step: Step} | null>} */
  const reached = new Map([[from, null]]);
  // A map walks its entries in order, also those that are added meanwhile: what was reached first goes first.
  for (const [id] of reached) {
    if (id === to) break;
    for (const [direction, next] of Object.entries(explored.get(id)?.exits ?? {})) {
      if (!reached.has(next)) reached.set(next, { before: id, step: { direction, to: next } });
    }
  }
  if (!reached.has(to)) return null;
  /** @type {Step[]} */
  const way = [];
  for (let at = reached.get(to); at; at = reached.get(at.before)) way.unshift(at.step);
  return way;
}

export class Walker {
  #say;
  /** @type {Step[]} */ #way = [];
  /** The room that the last step leads to. */ #next = "";

  /** @param {(line: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  get isWalking() {
    return this.#next !== "";
  }

  /** @param {Step[]} way */
  go(way) {
    this.#way = [...way];
    this.#step();
  }

  stop() {
    this.#way = [];
    this.#next = "";
  }

  /**
   * Where we are now: goes on, or stops where that is not on the way.
   * @param {string | undefined} roomId
   */
  arrive(roomId) {
    if (!this.isWalking) return;
    if (roomId === this.#next) this.#step();
    else this.stop();
  }

  #step() {
    const step = this.#way.shift();
    this.#next = step?.to ?? "";
    if (step !== undefined) this.#say(step.direction);
  }
}
