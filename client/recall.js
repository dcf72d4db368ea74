// What the client asks of the world without being told to: its verbs, what we missed.

import { pastEntries } from "./entries.js";

/** Lines asked for of each channel. */
const LINES = 50;

/** Channels of which the world remembers what was said. */
const REMEMBERED = ["say", "local", "global"];

export class Recall {
  #ask;
  #log;
  /** One question at a time: players need the world's patience more. */ #last = Promise.resolve();
  /** @type {Set<string>} */ #read = new Set();
  #hasVerbs = false;

  /**
   * @param {(line: string) => Promise<any>} ask
   * @param {import("./log.js").Log} log
   */
  constructor(ask, log) {
    this.#ask = ask;
    this.#log = log;
  }

  /**
   * A session has begun; nobody else tells what went on before it.
   * @param {number} since what was said before this was before our time
   */
  begin(since) {
    this.#then(async () => {
      for (const channel of REMEMBERED) await this.#mend(channel, since);
    });
  }

  /** Somebody begins to type, and what there is to type is not known yet: that is much to tell those who don't. */
  verbs() {
    if (this.#hasVerbs) return;
    this.#hasVerbs = true;
    this.#then(async () => {
      this.#hasVerbs = (await this.#ask("help")) !== null;
    });
  }

  /**
   * Reads once what was said on a channel before.
   * @param {string} channel
   */
  channel(channel) {
    if (!REMEMBERED.includes(channel) || this.#read.has(channel)) return;
    this.#read.add(channel);
    this.#then(() => this.#mend(channel, 0));
  }

  /**
   * @param {string} channel
   * @param {number} since
   */
  async #mend(channel, since) {
    if (!Number.isFinite(since)) return;
    const past = pastEntries(await this.#ask(`history ${channel} ${LINES}`));
    this.#log.mend(past.filter(({ at }) => at > since));
  }

  /** @param {() => Promise<void>} work */
  #then(work) {
    // A question that fails keeps none of those behind it from being asked.
    this.#last = this.#last.then(work).catch(() => {});
  }
}
