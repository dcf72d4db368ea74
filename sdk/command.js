// One line to the world and what became of it.

/**
 * Where a line stands. `waiting` has no number yet, `sent` has no answer yet; all behind `applied`
 * are ends.
 * @typedef {"waiting" | "sent" | "applied" | "refused" | "dropped" | "durable" | "lost" | "unknown"} Stage
 * @typedef {import("./durability.js").Stamp} Stamp
 */

/**
 * What the world answered.
 * @typedef {object} Answer
 * @property {number | null} id
 * @property {string} [result] text to show; none where the answer is repeated
 * @property {any} [data] what the text says, for programs
 * @property {boolean} repeated the answer was lost once, and is told again without its text
 * @property {string} run of the server
 * @property {number} tick in which it was done
 */

/**
 * How a command is treated.
 * @typedef {object} CommandOptions
 * @property {number} [ttl] milliseconds after which it is dropped if the world has not heard it
 * @property {(command: Command) => boolean} [veto] asked before a command that had to wait goes out; `true` drops it
 * @property {boolean} [again] done again, should a crash of the server undo it
 */

/** Why a command was not done, or is undone. */
export class Refusal extends Error {
  /**
   * @param {string} code from the server's catalogue; or `expired`, `vetoed`, `queue_full`, `too_long`
   *   or `closed` for what never left, `lost` for what a crash has undone, `unknown` where nobody
   *   can say
   * @param {string} message for people
   * @param {number} [retryAfterMs]
   */
  constructor(code, message, retryAfterMs) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** @type {Readonly<Record<string, string>>} */
const WORDS = {
  expired: "It waited for too long.",
  vetoed: "It was taken back.",
  queue_full: "Too many lines wait for an answer.",
  too_long: "It is too long.",
  closed: "It was given up.",
  lost: "A crash has undone it.",
  unknown: "It may have been done.",
};

/**
 * @template T
 * @returns {{promise: Promise<T>, resolve: (value: T) => void, reject: (fault: Refusal) => void}}
 */
function later() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  // Who does not ask does not want to know.
  made.promise.catch(() => {});
  return made;
}

export class Command {
  /** @type {ReturnType<typeof later<number | null>>} */ #sent = later();
  /** @type {ReturnType<typeof later<Answer>>} */ #applied = later();
  /** @type {ReturnType<typeof later<Answer>>} */ #durable = later();
  /** Its number, from the moment when it goes out. @type {number | null} */ id = null;
  /** @type {Stage} */ stage = "waiting";
  /** @type {Answer | null} */ answer = null;
  /** @type {Refusal | null} */ fault = null;
  /** It could not go out at once, or must go out again. */ isLate = false;
  /** It is certain that the world has not heard it. */ isUnheard = true;
  /** It has gone out on the connection that there is. */ isOut = false;

  /**
   * @param {string} line
   * @param {number} until when it is too late to send it
   * @param {CommandOptions} options
   */
  constructor(line, until, { veto, again = false }) {
    this.line = line;
    this.until = until;
    this.veto = veto;
    this.again = again;
  }

  /** Resolves with its number when it goes out. */
  get sent() {
    return this.#sent.promise;
  }

  /** Resolves with the answer when the world has done it; rejects with a `Refusal`. */
  get applied() {
    return this.#applied.promise;
  }

  /** Resolves when it survives a crash of the server; rejects with a `Refusal`. */
  get durable() {
    return this.#durable.promise;
  }

  /** Where and when it was done. @returns {Stamp | null} */
  get stamp() {
    return this.answer && { run: this.answer.run, tick: this.answer.tick };
  }

  /** @param {number | null} id */
  send(id) {
    this.id = id;
    this.stage = "sent";
    this.#sent.resolve(id);
  }

  /** @param {Answer} answer */
  apply(answer) {
    this.answer = answer;
    this.stage = "applied";
    this.#applied.resolve(answer);
  }

  /**
   * It is over. What was applied stays so; whether it lasts is told by `durable`.
   * @param {Exclude<Stage, "waiting" | "sent" | "applied">} stage
   * @param {Refusal} [fault]
   */
  end(stage, fault) {
    this.stage = stage;
    if (stage === "durable" && this.answer !== null) {
      this.#durable.resolve(this.answer);
      return;
    }
    this.fault = fault ?? new Refusal(stage, WORDS[stage] ?? "");
    this.#sent.reject(this.fault);
    this.#applied.reject(this.fault);
    this.#durable.reject(this.fault);
  }

  /** @param {string} code one of our own */
  drop(code) {
    this.end("dropped", new Refusal(code, WORDS[code] ?? ""));
  }
}
