// Hooks for React: a world that lives as long as a component, and what is known of it.

import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { World } from "./world.js";

/** Worlds whose component is gone, and may be back at once: StrictMode mounts twice. @type {WeakMap<World, ReturnType<typeof setTimeout>>} */
const closing = new WeakMap();

/**
 * A world that is joined while the component is there. Another `url` or `key` is another world.
 * @param {string} url
 * @param {import("./world.js").JoinOptions & {key?: string}} options read when the world is made
 * @returns {World}
 */
export function useWorld(url, options) {
  const world = useMemo(() => new World(url, options), [url, options.key]);
  useEffect(() => {
    clearTimeout(closing.get(world));
    if (!closing.delete(world)) world.open();
    return () => void closing.set(world, setTimeout(() => closing.delete(world) && world.close()));
  }, [world]);
  return world;
}

/**
 * What is known under a name; `null` only until it was first told.
 * @template {string} K
 * @param {World<any>} world
 * @param {K} name
 */
export function useWorldState(world, name) {
  return useSignal(world.state(name));
}

/**
 * How it stands with a world.
 * @param {World<any>} world
 */
export function useStatus(world) {
  return useSignal(world.status);
}

/**
 * Hears each event of a type while the component is there.
 * @template {{event_type: string, data: any}} F
 * @template {F["event_type"]} K
 * @param {World<F>} world
 * @param {K} event
 * @param {(data: Extract<F, {event_type: K}>["data"], frame: Extract<F, {event_type: K}>) => void} listener
 */
export function useWorldEvent(world, event, listener) {
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => world.on(event, (data, frame) => newest.current(data, frame)), [world, event]);
}

/**
 * @template T
 * @param {import("./signal.js").Signal<T>} signal
 */
function useSignal(signal) {
  const now = () => signal.now;
  return useSyncExternalStore(signal.subscribe, now, now);
}
