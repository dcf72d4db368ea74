// One wire to the world that mends itself: opens, signs in, counts frames, and comes back.
//
// The browser's socket, timers and chance are handed in, so that a test can hold them still.

import { isIdentityRefused, pauseBefore, shouldReturn } from "./backoff.js";
import { parseFrame } from "./protocol.js";

/**
 * @typedef {import("./protocol.js").Frame} Frame
 * @typedef {{token: string, characterId?: string}} Credentials
 */

/**
 * What the wire is doing. `waiting` will try again by itself, `ended` will not.
 * @typedef {{phase: "connecting" | "joined"}
 *   | {phase: "waiting", delayMs: number}
 *   | {phase: "ended", code: string | null, message: string, identityRefused: boolean}} Status
 *   `message` is the server's last word, for people; empty where it said none
 */

/**
 * The part of WebSocket that is used.
 * @typedef {object} Socket
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage its `data` is the frame's text
 * @property {((event: any) => void) | null} onclose with `code` and `reason`
 * @property {(text: string) => void} send
 * @property {(code?: number, reason?: string) => void} close
 */

/**
 * @typedef {object} Surroundings
 * @property {() => Socket} open
 * @property {(run: () => void, ms: number) => () => void} after calls once later; gives the way to cancel
 * @property {() => number} chance a number in [0, 1)
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
    if (this.#socket !== null) return;
    this.#cancelTimer();
    this.#waits = false;
    this.#lastFault = null;
    this.#lastWord = "";
    this.#askedMs = 0;
    this.#onStatus({ phase: "connecting" });
    const socket = this.#around.open();
    this.#socket = socket;
    this.#expect(ANSWER_WITHIN_MS, () => this.#drop(socket, 1006, ""));
    socket.onopen = () => this.#signIn(socket);
    socket.onmessage = ({ data }) => this.#receive(socket, data);
    socket.onclose = ({ code, reason }) => this.#drop(socket, code, reason);
  }

  /**
   * From the next opening on, somebody else's word for the same character.
   * @param {string} token
   */
  signAs(token) {
    this.#credentials = { ...this.#credentials, token };
  }

  /** Leaves for good: no socket, no timer. */
  close() {
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
  }

  /** @param {Frame} frame */
  #join(frame) {
    this.#session = { sessionId: frame.data.session_id, lastSequence: frame.sequence_number };
    this.#joined = true;
    this.#attempt = 0;
    this.#onStatus({ phase: "joined" });
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
    if (!shouldReturn(code, fault)) {
      this.#session = null;
      const message = this.#lastWord;
      this.#onStatus({ phase: "ended", code: fault, message, identityRefused: isIdentityRefused(fault) });
      return;
    }
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
