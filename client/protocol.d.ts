// The shapes of kadath.v1 as the client reads them, drawn from the server's own types.
//
// Every field that a server may leave out is optional here: a client newer or older than
// its server must show what it has, not fail on what it lacks.

import type * as frames from "../sdk/frames.d.ts";

export type { Frame } from "../sdk/wire.js";

/** What the server's types say of T, of which this client can't do without K. */
type Known<T, K extends keyof T> = Pick<T, K> & Partial<T>;

export type Exit = Known<frames.ExitView, "to">;
export type Room = Known<frames.RoomView, "id" | "name" | "description">;
export type Occupant = Known<frames.Occupant, "id" | "name"> & { position?: string };
export type Player = Known<frames.Sheet, "id" | "name">;
export type MapRoom = Known<frames.MapRoom, "id" | "name" | "x" | "y" | "z">;
export type Welcome = Known<
  frames.Welcome,
  "session_id" | "player_id" | "run" | "resumed" | "last_command_id" | "durable_tick"
>;
export type Fault = Known<frames.ErrorNote, "code" | "message">;
export type MythosTime = Omit<Known<frames.MythosTimeUpdate, "mythos_clock">, "active_holidays"> & {
  active_holidays?: Array<string | { name: string }>;
};
