// The Mythos clock: told by the server each Mythos hour, carried on by the minute between.

import { byId, setText } from "./dom.js";

/** Mythos time per real time, as the world is shipped; the hourly word from the server corrects any drift. */
const PACE = 9.6;

/** Real time of one Mythos minute, in milliseconds. */
const MINUTE_MS = 60_000 / PACE;

export class Clock {
  #face = byId("clock-face", HTMLElement);
  #day = byId("clock-day", HTMLElement);
  #part = byId("clock-part", HTMLElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */ #timer;

  /** @param {import("./protocol.js").MythosTime} time */
  show(time) {
    clearInterval(this.#timer);
    const heardAt = performance.now();
    const turn = () => setText(this.#face, clockAfter(time.mythos_clock, performance.now() - heardAt));
    this.#face.title = dayText(time);
    turn();
    this.#timer = setInterval(turn, MINUTE_MS);
    setText(this.#day, dayText(time));
    setText(this.#part, partText(time));
  }

  /** Stands still: without a connection nobody knows the hour. */
  stop() {
    clearInterval(this.#timer);
  }
}

/**
 * The clock's label some real time after the server gave it. Unknown labels are shown as they are.
 * @param {string} label `HH:MM Mythos`
 * @param {number} elapsedMs
 */
export function clockAfter(label, elapsedMs) {
  const match = /^(\d\d):(\d\d)(.*)$/.exec(label ?? "");
  if (match === null) return label ?? "";
  const minutes = (Number(match[1]) * 60 + Number(match[2]) + Math.floor(elapsedMs / MINUTE_MS)) % 1_440;
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}${match[3]}`;
}

/** @param {import("./protocol.js").MythosTime} time */
export function dayText({ day_name: day, day_of_month: date, month_name: month, mythos_datetime: instant }) {
  const year = /^\d+/.exec(instant ?? "")?.[0];
  const dated = [date, month, year].filter((part) => part !== undefined).join(" ");
  return [day, dated].filter(Boolean).join(", ");
}

/** @param {import("./protocol.js").MythosTime} time */
function partText({ is_witching_hour: witching, daypart, season, active_holidays: holidays = [] }) {
  const part = witching ? "the witching hour" : daypart;
  const names = holidays.map((holiday) => (typeof holiday === "string" ? holiday : holiday.name));
  return [part, season, ...names].filter(Boolean).join(" · ");
}
