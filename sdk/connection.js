// One wire to the world that mends itself: opens, signs in, counts frames, and comes back.
//
// The browser's socket, timers and chance are handed in, so that a test can hold them still.

import { pauseBefore } from "./backoff.js";
import { Advice, adviceFor } from "./codes.js";
import { parseFrame } from "./wire.js";

/**
 * @typedef {import("./wire.js").Frame} Frame
 * @typedef {object} Credentials
 * @property {string} token
 * @property {string} [characterId] without it the account's most recently played character
 * @property {() => Promise<string | null>} [refresh] gives another token where this one is good no
 *   more; `null` where there is none. One that fails is tried again after a pause
 */

/**
 * What the wire is doing. `waiting` will try again by itself, `ended` will not.
 * @typedef {{phase: "connecting" | "joined"}
 *   | {phase: "waiting", delayMs: number}
 *   | {phase: "ended", code: string | null, message: string, advice: string}} Status
 *   `message` is the server's last word, for people; empty where it said none. `advice` is one of
 *   `Advice`
 */

/**
 * The part of WebSocket that is used.
 * @typedef {object} Socket
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage its `data` is the frame's text
 * @property {((event: any) => void) | null} onclose with `code` and `reason`
 * @property {((event: any) => void) | null} [onerror] says nothing that `onclose` does not
 * @property {(text: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 */

/**
 * @typedef {object} Surroundings
 * @property {() => Socket} open
 * @property {(run: () => void, ms: number) => () => void} after calls once later; gives the way to cancel
 * @property {() => number} chance a number in [0, 1)
 * @property {() => number} now milliseconds, of any clock that does not go back
 * @property {(wake: () => void) => () => void} [onWaking] calls when somebody looks again, or the
 *   network is back; gives the way to stop
 */

/** Silence after which we ask whether anybody is there, in milliseconds. */
const PING_AFTER_MS = 20_000;

/** Time for an answer to a ping or to the sign-in before the wire counts as dead, in milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/** The same for somebody who has just looked at the page again, and waits. */
const WAKE_WITHIN_MS = 3_000;

export class Connection {
  #around;
  #credentials;
  #onFrame;
  #onStatus;
  /** @type {Socket | null} */ #socket = null;
  /** @type {{sessionId: string, lastSequence: number} | null} */ #session = null;
  /** @type {() => void} */ #cancelTimer = () => {};
  /** @type {string | null} */ #lastFault = null;
  #lastWord = "";
  #askedMs = 0;
  #attempt = 0;
  #joined = false;
  /** A pause runs after which it is tried again. */ #waits = false;
  /** The token was refused, another must be had first. */ #needsToken = false;
  /** Another was had since the last welcome: refused once more is an end. */ #isRenewed = false;
  #isAsking = false;
  /** Which opening or end this is, so that a token that comes too late is not used. */ #turn = 0;

  /**
   * @param {Surroundings} around
   * @param {Credentials} credentials
   * @param {{frame: (frame: Frame) => void, status: (status: Status) => void}} listener
   */
  constructor(around, credentials, { frame, status }) {
    this.#around = around;
    this.#credentials = credentials;
    this.#onFrame = frame;
    this.#onStatus = status;
  }

  /** True between a welcome and the end of its socket. */
  get isJoined() {
    return this.#joined;
  }

  /** Opens the wire now, also when a pause or an end lies before. Does nothing while one is open. */
  open() {
    if (this.#socket !== null || this.#isAsking) return;
    this.#turn += 1;
    this.#cancelTimer();
    this.#waits = false;
    this.#onStatus({ phase: "connecting" });
    const { refresh } = this.#credentials;
    if (this.#needsToken && refresh !== undefined) this.#renew(refresh);
    else this.#dial();
  }

  #dial() {
    this.#lastFault = null;
    this.#lastWord = "";
    this.#askedMs = 0;
    const socket = this.#around.open();
    this.#socket = socket;
    this.#expect(ANSWER_WITHIN_MS, () => this.#drop(socket, 1006, ""));
    socket.onopen = () => this.#signIn(socket);
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onclose = ({ code, reason }) => this.#drop(socket, code, reason);
    socket.onerror = () => {};
  }

  /** @param {() => Promise<string | null>} refresh */
  async #renew(refresh) {
    const turn = this.#turn;
    this.#isAsking = true;
    const token = await Promise.resolve()
      .then(refresh)
      .catch(() => undefined);
    if (turn !== this.#turn) return;
    this.#isAsking = false;
    if (token === undefined) this.#pause();
    else if (token === null) this.#end(Advice.SIGN_IN);
    else {
      this.signAs(token);
      this.#isRenewed = true;
      this.#dial();
    }
  }

  /**
   * From the next opening on, somebody else's word for the same character.
   * @param {string} token
   */
  signAs(token) {
    this.#credentials = { ...this.#credentials, token };
    this.#needsToken = false;
  }

  /** Leaves for good: no socket, no timer. */
  close() {
    this.#turn += 1;
    this.#isAsking = false;
    this.#cancelTimer();
    this.#waits = false;
    const socket = this.#socket;
    this.#socket = null;
    this.#joined = false;
    this.#session = null;
    socket?.close(1000, "left");
  }

  /**
   * Sends one client frame; only to be called while joined.
   * @param {{type: string, id?: number, data: object}} frame
   */
  send(frame) {
    this.#socket?.send(JSON.stringify(frame));
  }

  /** @param {Socket} socket */
  #signIn(socket) {
    const { token, characterId } = this.#credentials;
    const resume = this.#session && {
      session_id: this.#session.sessionId,
      last_sequence: this.#session.lastSequence,
    };
    socket.send(
      JSON.stringify({
        type: "authenticate",
        data: { token, ...(characterId && { character_id: characterId }), ...(resume && { resume }) },
      }),
    );
  }

  /**
   * @param {Socket} socket
   * @param {unknown} text
   */
  #receive(socket, text) {
    // A socket we gave up may still deliver what was in flight; its frames come again by resume.
    if (socket !== this.#socket) return;
    const frame = parseFrame(text);
    if (frame === null) return;
    if (frame.event_type === "welcome") this.#join(frame);
    else if (!this.#isNext(socket, frame)) return;
    // Only an error that is the last word before a close explains the close.
    const fault = frame.event_type === "error" ? frame.data : {};
    this.#lastFault = fault.code ?? null;
    this.#lastWord = typeof fault.message === "string" ? fault.message : "";
    this.#askedMs = fault.retry_after_ms ?? 0;
    if (this.#joined) this.#expect(PING_AFTER_MS, () => this.#ping(socket));
    this.#onFrame(frame);
    // Whoever hears that we are in may speak at once, so the welcome must have been read.
    if (frame.event_type === "welcome" && socket === this.#socket) this.#onStatus({ phase: "joined" });
  }

  /** @param {Frame} frame */
  #join(frame) {
    this.#session = { sessionId: frame.data.session_id, lastSequence: frame.sequence_number };
    this.#joined = true;
    this.#isRenewed = false;
    this.#attempt = 0;
  }

  /**
   * Whether a frame is the next of its session. One we already have is passed over. A gap means
   * that we no longer know the world: we start a new session, which begins with its whole state.
   * @param {Socket} socket
   * @param {Frame} frame
   */
  #isNext(socket, { sequence_number: sequence }) {
    const session = this.#session;
    if (sequence === 0 || session === null) return true;
    if (sequence <= session.lastSequence) return false;
    if (sequence > session.lastSequence + 1) {
      this.#session = null;
      this.#drop(socket, 1006, "");
      return false;
    }
    session.lastSequence = sequence;
    return true;
  }

  /**
   * Somebody looks again after a while. A pause ends at once; a wire that was joined must prove
   * soon that it is alive, for a phone that sleeps tells nobody that it has lost it.
   */
  wake() {
    if (this.#socket === null) {
      if (this.#waits) this.open();
    } else if (this.#joined) this.#ping(this.#socket, WAKE_WITHIN_MS);
  }

  /**
   * @param {Socket} socket
   * @param {number} [within]
   */
  #ping(socket, within = ANSWER_WITHIN_MS) {
    socket.send(JSON.stringify({ type: "ping", data: {} }));
    this.#expect(within, () => {
      // Nobody is there: no pause before the first try, for there was none before this.
      this.#drop(socket, 1006, "");
      if (within === WAKE_WITHIN_MS) this.wake();
    });
  }

  /**
   * @param {Socket} socket
   * @param {number} code
   * @param {string} reason
   */
  #drop(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#joined = false;
    this.#cancelTimer();
    // Harmless when the socket closed by itself; ends it when we gave up on it.
    socket.close();
    const fault = this.#lastFault ?? (reason || null);
    this.#lastFault = fault;
    const advice = adviceFor(code, fault);
    if (advice === Advice.SIGN_IN && !this.#isRenewed && this.#credentials.refresh !== undefined) {
      this.#needsToken = true;
      this.open();
    } else if (advice === Advice.RETRY) this.#pause();
    else this.#end(advice);
  }

  /** @param {string} advice */
  #end(advice) {
    this.#session = null;
    this.#needsToken = this.#isRenewed = false;
    this.#onStatus({ phase: "ended", code: this.#lastFault, message: this.#lastWord, advice });
  }

  #pause() {
    const delayMs = pauseBefore(this.#attempt, this.#around.chance(), this.#askedMs);
    this.#attempt += 1;
    this.#waits = true;
    this.#onStatus({ phase: "waiting", delayMs });
    this.#expect(delayMs, () => this.open());
  }

  /**
   * There is one timer: what we wait for next always replaces what we waited for before.
   * @param {number} ms
   * @param {() => void} act
   */
  #expect(ms, act) {
    this.#cancelTimer();
    this.#cancelTimer = this.#around.after(act, ms);
  }
}
