// A client for the terminal in less than sixty lines: reads lines, shows what the world says.
//
//   npm install ws && node terminal.mjs ws://127.0.0.1:4000/api/ws [line...]
//
// Lines given as arguments are typed first, so that it can sign in by itself: `guest`, or
// `"connect NAME PASSWORD"`. A connection that is lost is made again, and they are typed again.

import { createInterface } from "node:readline";
import WebSocket from "ws";

const [url, ...first] = process.argv.slice(2);
if (!url) {
  console.error("usage: node terminal.mjs ws://HOST:PORT/api/ws [line...]");
  process.exit(2);
}

/** Closes that another try does not change: a quit, a takeover, a refusal. */
const FINAL = [1000, 1002, 1007, 1008, 1009];
let socket;
let wait = 500;

function connect() {
  // Only ever BINARY frames on this subprotocol: text with ANSI colours, both ways.
  socket = new WebSocket(url, "terminal.mudstandards.org");
  socket.on("open", () => {
    wait = 500;
    first.forEach(type);
  });
  socket.on("message", (text) => process.stdout.write(text));
  socket.on("error", (fault) => console.error(`-- ${fault.message}`));
  socket.on("close", (code, reason) => {
    console.error(`-- closed: ${code} ${reason}`);
    if (FINAL.includes(code)) process.exit(code === 1000 ? 0 : 1);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 30_000);
  });
}

function type(line) {
  if (socket.readyState === WebSocket.OPEN) socket.send(Buffer.from(`${line}\n`));
  else console.error("-- not connected; try again");
}

const lines = createInterface({ input: process.stdin });
lines.on("line", type);
// Control-D is a way to say goodbye.
lines.on("close", () => type("quit"));
connect();
