import assert from "node:assert/strict";
import { test } from "node:test";
import { act, createElement as h, StrictMode } from "react";
import { create } from "react-test-renderer";
import { useStatus, useWorld, useWorldEvent, useWorldState } from "../react.js";
import { Bench } from "./fakes.js";

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const error = console.error;
console.error = (text, ...more) => String(text).includes("react-test-renderer is deprecated") || error(text, ...more);

/** A room by its name, which notes each of its renders. */
function Room({ bench, seen, heard = [] }) {
  const world = useWorld("ws://world/", { token: "t", around: bench.around });
  const room = useWorldState(world, "room");
  const status = useStatus(world);
  useWorldEvent(world, "system", ({ message }) => heard.push(message));
  seen.push([status, room?.name ?? null]);
  return room?.name ?? "nowhere";
}

const settled = () => act(() => new Promise((resolve) => setTimeout(resolve, 5)));

async function mounted(heard) {
  const bench = new Bench();
  const seen = [];
  let tree;
  await act(() => (tree = create(h(StrictMode, null, h(Room, { bench, seen, heard })))));
  await settled();
  return { bench, seen, tree };
}

test("strict mode opens one connection, and leaving closes it", async () => {
  const { bench, tree } = await mounted();
  assert.equal(bench.sockets.length, 1);
  assert.equal(bench.socket.isClosed, false);
  await act(() => tree.unmount());
  await settled();
  assert.equal(bench.socket.isClosed, true);
  assert.deepEqual(bench.pauses, []);
});

test("after the first state no render is empty, whatever happens to the connection", async () => {
  const { bench, seen, tree } = await mounted();
  await act(() => bench.welcome());
  await act(() => bench.hear(2, "game_state", { room: { id: "a", name: "Hall" } }));
  seen.length = 0;
  for (const welcome of [{ resumed: true }, { session_id: "s2" }, { session_id: "s3", run: "r2" }]) {
    await act(() => bench.breakWire());
    await act(() => bench.elapse());
    await act(() => bench.welcome(welcome, welcome.resumed ? 2 : 1));
  }
  await act(() => bench.hear(2, "game_state", { room: { id: "b", name: "Cellar" } }));
  assert.ok(seen.some(([status]) => status === "resuming"));
  assert.ok(seen.every(([, name]) => name !== null));
  assert.equal(tree.toJSON(), "Cellar");
  await act(() => tree.unmount());
});

test("an event is heard once, by the newest listener", async () => {
  const heard = [];
  const { bench, tree } = await mounted(heard);
  await act(() => bench.welcome());
  await act(() => bench.hear(2, "system", { message: "a bell" }));
  assert.deepEqual(heard, ["a bell"]);
  await act(() => tree.unmount());
});
