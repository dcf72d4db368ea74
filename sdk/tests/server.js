// A world in a few values: sessions that resume, numbers that are remembered, ticks that become
// durable a while later, crashes that undo what was not. It follows docs/protocol.md, and holds a
// clock of its own, so that an hour of trouble passes in a second.

const TICK_MS = 100;
const GRACE_MS = 30_000;
const REMEMBERED = 64;
const REPLAYED = 200;
const PER_SECOND = 10;

/** Chance that can be had again: the same seed gives the same numbers. */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time that passes when it is told to. */
export class Clock {
  now = Date.parse("2026-11-30T12:00:00Z");
  #timers = [];
  #count = 0;

  after(run, ms) {
    const timer = { at: this.now + ms, order: (this.#count += 1), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Lets time pass; what was promised happens between. */
  async pass(ms) {
    const until = this.now + ms;
    for (;;) {
      const due = this.#timers.reduce((a, b) => (a && (a.at < b.at || (a.at === b.at && a.order < b.order)) ? a : b), null);
      if (due === null || due.at > until) break;
      this.#timers = this.#timers.filter((one) => one !== due);
      this.now = Math.max(this.now, due.at);
      due.run();
      await null;
      await null;
    }
    this.now = until;
  }
}

/** What a crash takes back to what was saved. */
class Saved {
  tick = 0;
  lastId = 0;
  /** Outcomes by number. */ outcomes = new Map();
  /** The lines that were done, each as often as it was. */ done = new Map();

  copy() {
    const copy = new Saved();
    copy.tick = this.tick;
    copy.lastId = this.lastId;
    copy.outcomes = new Map(this.outcomes);
    copy.done = new Map(this.done);
    return copy;
  }
}

export class FakeServer {
  tokens = new Set(["t0"]);
  runs = 0;
  refusals = [];
  /** Frames that left, by session and number. */ sent = new Map();
  #clock;
  #chance;
  #sessions = new Map();
  #sessionCount = 0;
  #snapshots = [];
  #arrivals = [];
  isUp = false;

  constructor(clock, chance) {
    this.#clock = clock;
    this.#chance = chance;
    this.now = new Saved();
    this.durable = this.now.copy();
    this.#start(null);
  }

  #start(recovered) {
    this.runs += 1;
    this.run = `run${this.runs}`;
    this.recovered = recovered;
    this.isUp = true;
    const mine = this.runs;
    const tick = () => {
      if (mine !== this.runs || !this.isUp) return;
      this.#tick();
      this.#clock.after(tick, TICK_MS);
    };
    this.#clock.after(tick, TICK_MS);
  }

  /** The process is gone, and what was not durable with it. */
  crash(awayMs) {
    if (!this.isUp) return;
    this.isUp = false;
    for (const { socket } of this.#sessions.values()) socket?.lose();
    this.#sessions.clear();
    this.#snapshots = [];
    const recovered = { run: this.run, tick: this.durable.tick };
    this.now = this.durable.copy();
    this.now.tick = Math.ceil((this.now.tick + 1) / 1_000_000) * 1_000_000;
    this.#clock.after(() => this.#start(recovered), awayMs);
  }

  /** Every token of before is worthless, and so are the sessions that were signed in by it. */
  changeToken() {
    this.tokens = new Set([`t${this.tokens.size + Math.floor(this.#chance() * 1e9)}`]);
    for (const session of this.#sessions.values()) this.#endSession(session, "invalid_token", 1008);
  }

  #endSession(session, code, close) {
    this.#say(session, "error", { code, message: "" });
    session.socket?.end(close);
    session.socket = null;
    this.#sessions.delete(session.id);
  }

  #tick() {
    this.now.tick += 1;
    for (const session of this.#sessions.values()) {
      if (session.socket === null && this.#clock.now - session.lostAt > GRACE_MS) this.#sessions.delete(session.id);
      const line = session.lines.shift();
      if (line !== undefined) this.#execute(session, line);
      if (this.#chance() < 0.1) this.#say(session, "chat_message", { message: `words ${this.#chance()}` });
    }
    const snapshot = this.now.copy();
    this.#snapshots.push(snapshot);
    const mine = this.runs;
    this.#clock.after(() => mine === this.runs && this.isUp && this.#persist(snapshot), 10 + this.#chance() * 500);
  }

  #persist(snapshot) {
    if (snapshot.tick <= this.durable.tick) return;
    this.durable = snapshot;
    for (const session of this.#sessions.values()) {
      if (!session.owesMark) continue;
      session.owesMark = session.answeredTick > snapshot.tick;
      this.#say(session, "durable", { run: this.run, through_tick: snapshot.tick });
    }
  }

  #execute(session, { id, line }) {
    const outcome = line.startsWith("bad ") ? { ok: false, error: { code: "invalid_command", message: "No." } } : { ok: true };
    if (outcome.ok) this.now.done.set(line, (this.now.done.get(line) ?? 0) + 1);
    this.now.lastId = Math.max(this.now.lastId, id);
    this.now.outcomes.set(id, outcome);
    for (const old of [...this.now.outcomes.keys()].slice(0, -REMEMBERED)) this.now.outcomes.delete(old);
    this.#answer(session, { id, ...outcome, ...(outcome.ok && { result: `done: ${line}` }) });
  }

  #answer(session, data) {
    session.owesMark = true;
    session.answeredTick = this.now.tick;
    this.#say(session, "command_response", data);
  }

  /** Says a frame of the session's own, which may be said again by a resume. */
  #say(session, event_type, data, sequence = (session.sequence += 1)) {
    const timestamp = new Date(this.#clock.now).toISOString().replace(/\.\d+/, "");
    const frame = { sequence_number: sequence, event_type, timestamp, tick: this.now.tick, data };
    if (event_type !== "welcome") {
      session.frames.push(frame);
      session.frames = session.frames.slice(-REPLAYED);
      this.sent.set(`${session.id} ${sequence}`, JSON.stringify(data));
    }
    session.socket?.deliver(JSON.stringify(frame));
  }

  /** A message from a socket. */
  hear(socket, text) {
    if (!this.isUp) return;
    const { type, id, data } = JSON.parse(text);
    if (type === "authenticate") this.#signIn(socket, data);
    const session = [...this.#sessions.values()].find((one) => one.socket === socket);
    if (session === undefined) return;
    if (type === "ping") this.#say(session, "pong", {});
    if (type === "command") this.#take(session, id, data.line);
  }

  /** The server learns that a socket is gone. */
  lost(socket) {
    for (const session of this.#sessions.values()) {
      if (session.socket !== socket) continue;
      session.socket = null;
      session.lostAt = this.#clock.now;
    }
  }

  #signIn(socket, { token, resume }) {
    if (!this.tokens.has(token)) {
      socket.deliver(JSON.stringify({ sequence_number: 0, event_type: "error", tick: 0, data: { code: "invalid_token", message: "" } }));
      socket.end(1008);
      return;
    }
    const known = resume && this.#sessions.get(resume.session_id);
    const canResume = known && resume.last_sequence + 1 >= (known.frames[0]?.sequence_number ?? 1) && resume.last_sequence <= known.sequence;
    for (const session of [...this.#sessions.values()]) {
      if (session === known && canResume) continue;
      session.socket?.lose();
      this.#sessions.delete(session.id);
    }
    if (canResume) {
      known.socket?.lose();
      known.socket = socket;
      this.#welcome(known, true, resume.last_sequence);
      for (const frame of known.frames) {
        if (frame.sequence_number > resume.last_sequence) socket.deliver(JSON.stringify(frame));
      }
      return;
    }
    const session = { id: `s${(this.#sessionCount += 1)}`, socket, sequence: 1, frames: [], lines: [], lostAt: 0, owesMark: false, answeredTick: 0 };
    this.#sessions.set(session.id, session);
    this.#welcome(session, false, 1);
    this.#say(session, "game_state", { player: { id: "p1", name: "Ann" }, room: { id: "r1", name: "Hall" }, occupants: ["Ann"], count: 1 });
  }

  #welcome(session, resumed, sequence) {
    const data = {
      session_id: session.id,
      player_id: "p1",
      run: this.run,
      resumed,
      last_command_id: this.now.lastId,
      durable_tick: this.durable.tick,
      protocol: "kadath.v1",
      ...(this.recovered && { recovered: this.recovered }),
    };
    this.#say(session, "welcome", data, sequence);
  }

  #take(session, id, line) {
    const known = this.now.outcomes.get(id);
    if (known !== undefined) {
      this.#answer(session, { id, ...known, repeated: true });
      return;
    }
    if (session.lines.some((one) => one.id === id)) return;
    this.#arrivals = [...this.#arrivals.filter((at) => at > this.#clock.now - 1_000), this.#clock.now];
    if (id <= Math.max(this.now.lastId, session.lines.at(-1)?.id ?? 0)) this.#refuse(session, id, "command_out_of_order");
    else if (this.#arrivals.length > PER_SECOND) this.#refuse(session, id, "rate_limit_exceeded");
    else session.lines.push({ id, line });
  }

  #refuse(session, id, code) {
    this.refusals.push(code);
    this.#answer(session, { id, ok: false, error: { code, message: code } });
  }
}

/** A wire of which one end or both may not learn soon that it is cut, after some byte. */
export class FakeSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  #server;
  #clock;
  #chance;
  #isCut = false;
  #isClosed = false;
  #bytesLeft;
  #arrivesAt = { up: 0, down: 0 };

  /** @param {number} bytes that go through in both directions before it is cut */
  constructor(server, clock, chance, bytes) {
    Object.assign(this, {});
    this.#server = server;
    this.#clock = clock;
    this.#chance = chance;
    this.#bytesLeft = bytes;
    clock.after(() => {
      if (this.#isClosed) return;
      if (server.isUp) this.onopen?.({});
      else this.#close(1006, "");
    }, 5 + chance() * 40);
  }

  /** From the client. */
  send(text) {
    this.#carry("up", text, () => this.#server.hear(this, text));
  }

  /** From the server. */
  deliver(text) {
    this.#carry("down", text, () => this.#isClosed || this.onmessage?.({ data: text }));
  }

  #carry(way, text, arrive) {
    if (this.#isCut) return;
    this.#bytesLeft -= text.length + 6;
    if (this.#bytesLeft < 0) {
      this.cut();
      return;
    }
    const at = Math.max(this.#arrivesAt[way], this.#clock.now + 5 + this.#chance() * 40);
    this.#arrivesAt[way] = at;
    // What is on its way when the wire is cut is lost.
    this.#clock.after(() => this.#isCut || arrive(), at - this.#clock.now);
  }

  /** The wire is cut: each end learns of it by and by, the client sometimes by silence only. */
  cut() {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#clock.after(() => this.#server.lost(this), this.#chance() * 20_000);
    if (this.#chance() < 0.8) this.#clock.after(() => this.#close(1006, ""), this.#chance() * 3_000);
  }

  /** The server closes properly, behind what it has said. */
  end(code) {
    this.#carry("down", "", () => {
      this.#isCut = true;
      this.#close(code, "");
    });
  }

  /** The server is gone, or wants this socket no more. */
  lose() {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#clock.after(() => this.#close(1006, ""), this.#chance() * 100);
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.cut();
  }

  #close(code, reason) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.onclose?.({ code, reason });
  }
}
