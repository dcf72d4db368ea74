// Plays on every subprotocol with the `ws` library: sign in, look, walk, be heard, quit.
//
//   node play.mjs http://HOST:PORT
//
// Prints a line for each play that went well; ends with 1 at the first thing that never comes.

import WebSocket from "ws";

const WITHIN_MS = 20_000;
const base = process.argv[2];

/** One socket, what it has heard so far, and how to wait for more. */
class Player {
  constructor(protocols) {
    this.heard = [];
    this.wake = () => {};
    this.socket = new WebSocket(`${base.replace(/^http/, "ws")}/api/ws`, protocols);
    this.socket.on("message", (data, binary) => {
      this.heard.push({ binary, text: data.toString("utf8") });
      this.wake();
    });
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.wake();
    });
    this.socket.on("error", (fault) => fail(`${protocols}: ${fault.message}`));
  }

  /** The first thing that `found` makes something of. What was looked at is not looked at again. */
  async until(what, found) {
    const deadline = Date.now() + WITHIN_MS;
    for (;;) {
      while (this.heard.length > 0) {
        const answer = found(this.heard.shift());
        if (answer) return answer;
      }
      const left = deadline - Date.now();
      if (left <= 0 || this.closed) fail(`${this.socket.protocol} waits in vain for ${what}`);
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, left).unref();
      });
    }
  }

  async ends() {
    while (!this.closed) {
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, WITHIN_MS).unref();
      });
    }
    if (this.closed.code !== 1000) fail(`closed ${this.closed.code} ${this.closed.reason}`);
  }

  text(part) {
    return this.until(part, ({ binary, text }) => binary && text.includes(part));
  }

  event(type, fits = () => true) {
    return this.until(type, ({ text }) => {
      const frame = JSON.parse(text);
      return frame.event_type === type && fits(frame.data) && frame;
    });
  }

  gmcp(id) {
    return this.until(id, ({ binary, text }) => {
      if (binary) return false;
      if (this.socket.protocol !== "json.mudstandards.org") return text.split(" ")[0] === id;
      const packet = JSON.parse(text);
      return packet.proto === "gmcp" && packet.id === id;
    });
  }

  type(line) {
    this.socket.send(Buffer.from(`${line}\n`));
  }

  say(id, data) {
    const packet = data === undefined ? id : `${id} ${JSON.stringify(data)}`;
    const wrapped = { proto: "gmcp", id, data: data === undefined ? "" : JSON.stringify(data) };
    this.socket.send(this.socket.protocol === "json.mudstandards.org" ? JSON.stringify(wrapped) : packet);
  }

  command(id, line) {
    this.socket.send(JSON.stringify({ type: "command", id, data: { line } }));
    return this.event("command_response", (data) => data.id === id);
  }
}

function fail(why) {
  console.error(why);
  process.exit(1);
}

async function guest() {
  const answer = await fetch(`${base}/auth/guest`, { method: "POST" });
  return (await answer.json()).access_token;
}

async function frames(bearer) {
  const token = await guest();
  const player = new Player(bearer ? ["bearer", token, "kadath.v1"] : "kadath.v1");
  await new Promise((resolve) => player.socket.on("open", resolve));
  if (!bearer) player.socket.send(JSON.stringify({ type: "authenticate", data: { token } }));
  await player.event("welcome");
  const state = await player.event("game_state");
  await player.command(1, "look");
  const way = Object.keys(state.data.room.exits)[0];
  await player.command(2, way);
  await player.command(3, "say frames were here");
  player.socket.send(JSON.stringify({ type: "command", id: 4, data: { line: "quit" } }));
  await player.ends();
}

/** On a text subprotocol; `neighbour` plays frames in the same room and must hear. */
async function words(protocol) {
  const neighbour = new Player(["bearer", await guest(), "kadath.v1"]);
  const room = (await neighbour.event("game_state")).data.room;
  const player = new Player(protocol);
  await player.text("guest");
  if (protocol !== "terminal.mudstandards.org") {
    player.say("Core.Hello", { client: "interop", version: "1" });
    player.say("Core.Supports.Set", ["Char 1", "Char.Vitals 1", "Room.Info 1", "Comm.Channel 1"]);
    player.say("Core.Ping");
    await player.gmcp("Core.Ping");
  }
  player.type("guest");
  await player.text(room.name);
  const sentence = `greetings by ${protocol}`;
  player.type(`say ${sentence}`);
  await player.text(sentence);
  await neighbour.event("chat_message", (data) => data.original_content === sentence);
  const [way, exit] = Object.entries(room.exits)[0];
  player.type(way);
  const there = neighbour.event("player_left", (data) => data.to_room_id === exit.to);
  if (protocol !== "terminal.mudstandards.org") await player.gmcp("Room.Info");
  await there;
  player.type("quit");
  await player.ends();
  neighbour.socket.terminate();
}

for (const bearer of [false, true]) {
  await frames(bearer);
  console.log(`kadath.v1 ${bearer ? "with bearer" : "with authenticate"}`);
}
for (const protocol of ["json.mudstandards.org", "gmcp.mudstandards.org", "terminal.mudstandards.org"]) {
  await words(protocol);
  console.log(protocol);
}
