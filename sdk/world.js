// A world, joined: what it tells, what it is told, and what is known of it.

import { Command, Refusal } from "./command.js";
import { Connection } from "./connection.js";
import { marksAfterWatermark, marksAfterWelcome, NO_MARKS, standing } from "./durability.js";
import { keptLines, Outbox } from "./outbox.js";
import { Happening, Signal } from "./signal.js";
import { STATES } from "./states.js";
import { surroundings } from "./surroundings.js";

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {import("./connection.js").Status} Status
 * @typedef {import("./states.js").States} States
 * @typedef {import("./signal.js").Off} Off
 */

/**
 * How it stands with the world, in a word: `joining` for the first time, `online`, `resuming` after
 * a loss, or `offline` until `open`.
 * @typedef {"joining" | "online" | "resuming" | "offline"} StatusName
 */

/**
 * Where lines that the world has not answered are kept over a reload, see `kadath/indexeddb`.
 * @typedef {object} Keep
 * @property {() => Promise<import("./outbox.js").KeptLine[]>} load
 * @property {(lines: import("./outbox.js").KeptLine[]) => Promise<void>} save
 */

/**
 * @typedef {object} JoinOptions
 * @property {string} token the `access_token` of a sign-in over HTTP
 * @property {string} [characterId] without it the account's most recently played character
 * @property {() => Promise<string | null>} [refresh] gives another token where this one is good no
 *   more; `null` where there is none. One that fails is tried again after a pause
 * @property {number} [queue] lines that may wait while there is no connection (64)
 * @property {number} [ttl] for commands without one of their own
 * @property {(command: Command) => boolean} [veto] the same
 * @property {Keep} [keep] without it the queue is forgotten with the page
 * @property {Record<string, import("./states.js").Reducer<any>>} [states] more, for `state`
 * @property {import("./surroundings.js").SocketClass} [WebSocket] the platform's own, unless given
 * @property {import("./connection.js").Surroundings} [around] instead of the platform, for tests
 */

/** Characters that the server takes in a line. */
const LINE_MAX = 1_000;

/** Answers of which it is not known yet whether they last; a server whose disk stands still has no more of ours. */
const OPEN_MAX = 1_024;

/**
 * @template {{event_type: string, data: any}} [F=import("./frames.d.ts").ServerFrame] the frames
 *   that the server sends, as `kadath schema typescript` prints them
 */
export class World {
  /** @type {Signal<StatusName>} */ status = new Signal(/** @type {StatusName} */ ("offline"));
  /** More of the status, as what to do after an end. @type {Signal<Status | null>} */
  detail = new Signal(/** @type {Status | null} */ (null));
  /** Every frame, in order and once; with the command that it answers, the first time. @type {Happening<[Frame, Command | null]>} */
  frames = new Happening();
  /** Each command whenever its stage is another. @type {Happening<[Command]>} */
  commands = new Happening();

  /** @type {Map<string, Happening<[any, any]>>} */ #events = new Map();
  /** @type {Map<string, [import("./states.js").Reducer<any>, Signal<any>]>} */ #states = new Map();
  /** Applied, and not known to last. @type {Command[]} */ #open = [];
  #marks = NO_MARKS;
  #hasJoined = false;
  /** Goes on with what was not answered, once the world of a new session has been seen. @type {(() => void) | null} */
  #held = null;
  #isRestored = false;
  #known = { roomId: /** @type {string | undefined} */ (undefined), selfId: /** @type {string | undefined} */ (undefined) };
  /** @type {Off} */ #cancelPost = () => {};
  /** @type {Off} */ #sleep = () => {};
  /** @type {Promise<void>} */ #saved = Promise.resolve();
  #isSaveDue = false;
  #isKeeping = false;
  #welcomes = 0;
  /** Which opening this is. */ #turn = 0;
  #around;
  #options;
  #connection;
  #outbox;

  /**
   * Does nothing until `open`.
   * @param {string | URL} url of the world's page, or of its socket
   * @param {JoinOptions} options
   */
  constructor(url, options) {
    this.#options = options;
    this.#around = options.around ?? surroundings(url, options.WebSocket);
    this.#connection = new Connection(this.#around, options, {
      frame: (frame) => this.#receive(frame),
      status: (status) => this.#turned(status),
    });
    this.#outbox = new Outbox(options.queue ?? 64, (command) => this.commands.emit(command));
    for (const [name, reducer] of Object.entries({ ...STATES, ...options.states })) {
      this.#states.set(name, [reducer, new Signal(null)]);
    }
  }

  /** Connects, or does so at once where it would wait or has ended. */
  open() {
    const turn = ++this.#turn;
    this.#sleep();
    this.#sleep = this.#around.onWaking?.(() => this.wake()) ?? (() => {});
    const { keep } = this.#options;
    if (keep === undefined || this.#isRestored) return this.#connection.open();
    this.#saved
      .then(() => keep.load())
      .catch(() => [])
      .then((lines) => this.#restore(lines))
      .then(() => turn === this.#turn && this.#connection.open());
  }

  /** Leaves: no socket, no timer. What was not answered is given up, unless it is kept. */
  close() {
    this.#turn += 1;
    this.#sleep();
    this.#cancelPost();
    this.#connection.close();
    const kept = this.#isRestored ? this.#kept : null;
    this.#write(() => kept);
    this.#isRestored = false;
    this.#outbox.clear();
    for (const command of this.#open.splice(0)) this.#end(command, "unknown");
    this.#hasJoined = false;
    this.status.set("offline");
  }

  /** Somebody looks again after a while: finds out at once whether the connection is alive. */
  wake() {
    this.#connection.wake();
  }

  /**
   * From the next connection on, signs in with another token for the same character.
   * @param {string} token
   */
  signAs(token) {
    this.#connection.signAs(token);
  }

  /**
   * Says one line to the world; without a connection it waits for the next.
   * @param {string} line
   * @param {import("./command.js").CommandOptions} [options]
   */
  do(line, options = {}) {
    const { ttl = this.#options.ttl, veto = this.#options.veto } = options;
    const until = ttl === undefined ? Infinity : this.#around.now() + ttl;
    const command = new Command(line, until, { ...options, ...(veto && { veto }) });
    if ([...line].length > LINE_MAX) {
      command.drop("too_long");
      return command;
    }
    command.isLate = !this.#connection.isJoined;
    this.#outbox.write(command);
    this.#save();
    this.#post();
    return command;
  }

  /**
   * Hears each event of a type.
   * @template {F["event_type"]} K
   * @param {K} event
   * @param {(data: Extract<F, {event_type: K}>["data"], frame: Extract<F, {event_type: K}>) => void} listener
   * @returns {Off}
   */
  on(event, listener) {
    const happening = this.#events.get(event) ?? new Happening();
    this.#events.set(event, happening);
    return happening.on(listener);
  }

  /**
   * What is known: its last value at once, then each other; kept over resumes and new sessions.
   * @template {string} K
   * @param {K} name of `States`, or of those that `join` was given
   * @returns {Signal<K extends keyof States ? States[K] | null : any>}
   */
  state(name) {
    const state = this.#states.get(name);
    if (state === undefined) throw new RangeError(`There is no state "${name}".`);
    return state[1];
  }

  /** @param {Status} status */
  #turned(status) {
    const { phase } = status;
    if (phase === "joined") this.#hasJoined = true;
    this.detail.set(status);
    if (phase === "ended") this.status.set("offline");
    else if (phase === "joined") this.status.set("online");
    else this.status.set(this.#hasJoined ? "resuming" : "joining");
  }

  /** @param {Frame} frame */
  #receive(frame) {
    const { event_type: type, data } = frame;
    if (type === "welcome") this.#welcome(frame);
    if (type === "durable") this.#marks = marksAfterWatermark(this.#marks, data);
    const command = type === "command_response" ? this.#outbox.answer(data.id) : null;
    // Answered before: the outcome of a resend is not news.
    const isStale = type === "command_response" && command === null && Number.isSafeInteger(data.id);
    if (command !== null) this.#settle(command, frame);
    this.#learn(frame);
    this.frames.emit(frame, command);
    if (!isStale) this.#events.get(type)?.emit(data, frame);
    if (command !== null) this.commands.emit(command);
    if (type === "durable" || type === "welcome") this.#settleOpen();
    if (type === "game_state") {
      this.#held?.();
      this.#held = null;
    }
    if (command !== null || type === "game_state" || type === "welcome") this.#post();
  }

  /** @param {Frame} frame */
  #learn(frame) {
    for (const [reducer, signal] of this.#states.values()) signal.set(reducer(signal.now, frame, this.#known));
    this.#known.roomId = this.state("room").now?.id;
  }

  /** @param {Frame} welcome */
  #welcome({ data, timestamp }) {
    this.#welcomes += 1;
    this.#known.selfId = data.player_id;
    this.#marks = marksAfterWelcome(this.#marks, data);
    this.#askAgain(data.last_command_id);
    // Another window may begin within the same second.
    const second = Date.parse(timestamp ?? "") * 1_000;
    const begin = second > 0 ? second + Math.floor(this.#around.chance() * 1_000_000) : 0;
    const resumed = data.resumed && this.#held === null;
    const goOn = () => this.#outbox.reconcile({ ...data, resumed }, begin);
    // Whoever may take a line back must see first where they are.
    this.#held = resumed || this.#outbox.isEmpty ? null : goOn;
    if (this.#held === null) goOn();
  }

  /**
   * After a restart, takes up what is to be done again, and what only the world can tell of: of a run
   * before the last nothing is known, and a repeated answer says not when it was done.
   * @param {number} lastId the highest number that is done
   */
  #askAgain(lastId) {
    for (const command of [...this.#open]) {
      const stands = this.#standing(command);
      if (stands !== "lost" && stands !== "unknown") continue;
      const isUndone = (command.id ?? 0) > lastId;
      if (!isUndone && stands === "lost" && !command.answer?.repeated) continue;
      this.#open.splice(this.#open.indexOf(command), 1);
      if (isUndone && !command.again) this.#end(command, "lost");
      else this.#outbox.redo(command);
      if (isUndone && command.again) command.stage = "sent";
    }
  }

  /** @param {Command} command that was applied */
  #standing({ answer }) {
    return standing(answer ?? { run: "", tick: 0 }, this.#marks);
  }

  /**
   * @param {Command} command
   * @param {Frame} frame its answer
   */
  #settle(command, { data, tick }) {
    if (!data.ok) {
      const { code = "internal_error", message = "", retry_after_ms: wait } = data.error ?? {};
      if (command.answer === null) command.end("refused", new Refusal(code, message, wait));
      else command.end(command.stage === "sent" ? "lost" : "unknown");
      this.#save();
      return;
    }
    const { id, result, data: told, repeated = false } = data;
    command.apply({ id, result, data: told, repeated, run: this.#marks.run, tick });
    this.#open.push(command);
    this.#save();
    if (this.#open.length > OPEN_MAX) this.#end(/** @type {Command} */ (this.#open.shift()), "unknown");
  }

  /** Looks again at what was applied and may last by now. */
  #settleOpen() {
    const open = this.#open.splice(0);
    for (const command of open) {
      const stands = this.#standing(command);
      if (stands === "applied") this.#open.push(command);
      else this.#end(command, stands);
    }
  }

  /**
   * @param {Command} command
   * @param {"durable" | "lost" | "unknown"} stage
   */
  #end(command, stage) {
    command.end(stage);
    if (command.again) this.#save();
    this.commands.emit(command);
  }

  #post() {
    this.#cancelPost();
    if (!this.#connection.isJoined || this.#held !== null || this.#isKeeping) return;
    const now = this.#around.now();
    const ready = this.#outbox.post(now);
    const pause = this.#outbox.pause(now);
    if (pause > 0) this.#cancelPost = this.#around.after(() => this.#post(), pause);
    if (ready.length === 0) return;
    if (this.#options.keep === undefined) this.#send(ready);
    else this.#sendKept(ready);
    for (const command of ready) this.commands.emit(command);
  }

  /**
   * A number that goes out must be known after a reload. Until it is kept, nothing else goes out.
   * @param {Command[]} ready
   */
  async #sendKept(ready) {
    const welcomes = this.#welcomes;
    this.#isKeeping = true;
    await this.#save();
    this.#isKeeping = false;
    // After another welcome they are told to go out anew.
    if (welcomes === this.#welcomes && this.#connection.isJoined) {
      this.#outbox.pace(ready.length, this.#around.now());
      this.#send(ready);
    }
    this.#post();
  }

  /** @param {Command[]} ready */
  #send(ready) {
    for (const { id, line } of ready) {
      this.#connection.send({ type: "command", ...(id !== null && { id }), data: { line } });
    }
  }

  #save() {
    // One that has not begun takes what there is by then.
    if (!this.#isSaveDue) {
      this.#isSaveDue = true;
      this.#write(() => {
        this.#isSaveDue = false;
        // What was kept before must be known first, or it would be overwritten.
        return this.#isRestored ? this.#kept : null;
      });
    }
    return this.#saved;
  }

  /** @param {() => import("./outbox.js").KeptLine[] | null} lines asked for when it is their turn */
  #write(lines) {
    const { keep } = this.#options;
    const write = () => {
      const now = lines();
      return now === null ? undefined : keep?.save(now);
    };
    // What can't be kept is sent all the same.
    this.#saved = this.#saved.then(write).catch(() => {});
  }

  get #kept() {
    return [...keptLines(this.#open.filter(({ again }) => again)), ...this.#outbox.kept];
  }

  /** @param {import("./outbox.js").KeptLine[]} lines */
  #restore(lines) {
    this.#isRestored = true;
    for (const command of this.#outbox.restore(lines, this.#around.now(), this.#options.veto)) this.commands.emit(command);
    this.#save();
  }
}

/**
 * Joins a world.
 * @template {{event_type: string, data: any}} [F=import("./frames.d.ts").ServerFrame]
 * @param {string | URL} url of the world's page, or of its socket
 * @param {JoinOptions} options
 * @returns {World<F>}
 */
export function join(url, options) {
  /** @type {World<F>} */
  const world = new World(url, options);
  world.open();
  return world;
}
