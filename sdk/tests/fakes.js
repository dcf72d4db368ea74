// A socket, a clock and a server made of plain values, for tests that hold time still.

/** Everything a connection needs, in the hands of a test. */
export class Bench {
  sockets = [];
  timers = [];

  around = {
    open: () => {
      const socket = { sent: [], isClosed: false, send: (text) => socket.sent.push(JSON.parse(text)), close: () => (socket.isClosed = true) };
      this.sockets.push(socket);
      return socket;
    },
    after: (run, ms) => {
      const timer = { run, ms };
      this.timers = [...this.timers, timer];
      return () => (this.timers = this.timers.filter((one) => one !== timer));
    },
    chance: () => 0.5,
    now: () => 0,
  };

  /** The socket opened last. */
  get socket() {
    return this.sockets.at(-1);
  }

  /** The pauses now waited for, in milliseconds. */
  get pauses() {
    return this.timers.map(({ ms }) => ms);
  }

  /** Lets the one timer that is set run out. */
  elapse() {
    const [timer] = this.timers;
    this.timers = [];
    timer.run();
  }

  /** The network breaks under the open socket. */
  breakWire(code = 1006, reason = "") {
    this.socket.onclose({ code, reason });
  }

  /** The server sends one frame. */
  hear(sequence, eventType, data = {}, more = {}) {
    this.socket.onmessage({ data: JSON.stringify(frame(eventType, data, { sequence_number: sequence, ...more })) });
  }

  /** The socket opens and the server says welcome. */
  welcome(data = {}, sequence = 1) {
    this.socket.onopen();
    this.hear(sequence, "welcome", { ...WELCOME, ...data });
  }

  /** The commands that went over the newest socket. */
  get commands() {
    return this.socket.sent.filter(({ type }) => type === "command").map(({ id, data }) => [id, data.line]);
  }
}

export const WELCOME = {
  session_id: "s1",
  player_id: "p1",
  run: "r1",
  resumed: false,
  last_command_id: 0,
  durable_tick: 10,
  protocol: "kadath.v1",
};

/** One frame as the server would have made it. */
export function frame(event_type, data = {}, more = {}) {
  return { sequence_number: 1, event_type, tick: 20, data, ...more };
}
