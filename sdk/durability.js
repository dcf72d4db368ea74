// Applied or durable: which answers would survive if the server died now.
//
// A watermark speaks only of its own run of the server. After a restart the welcome says up to
// which tick the run before it was saved; about older runs nothing is known.

/**
 * @typedef {{run: string, tick: number}} Stamp  when an answer was given
 * @typedef {{run: string, throughTick: number, recovered: Stamp | null}} Marks
 * @typedef {"applied" | "durable" | "lost" | "unknown"} Standing
 */

/** @type {Marks} */
export const NO_MARKS = { run: "", throughTick: -1, recovered: null };

/**
 * @param {Stamp} stamp
 * @param {Marks} marks
 * @returns {Standing}
 */
export function standing(stamp, marks) {
  if (stamp.run === marks.run) return stamp.tick <= marks.throughTick ? "durable" : "applied";
  if (stamp.run === marks.recovered?.run) return stamp.tick <= marks.recovered.tick ? "durable" : "lost";
  return "unknown";
}

/**
 * The marks after a welcome. They may not fall within a run: what was called durable stays so.
 * @param {Marks} marks
 * @param {{run: string, durable_tick: number, recovered?: Stamp | null}} welcome
 * @returns {Marks}
 */
export function marksAfterWelcome(marks, welcome) {
  const throughTick = welcome.durable_tick ?? -1;
  if (welcome.run === marks.run) {
    return { ...marks, throughTick: Math.max(marks.throughTick, throughTick) };
  }
  return { run: welcome.run, throughTick, recovered: welcome.recovered ?? null };
}

/**
 * The marks after a watermark; one of another run is ignored.
 * @param {Marks} marks
 * @param {{run: string, through_tick: number}} watermark
 * @returns {Marks}
 */
export function marksAfterWatermark(marks, watermark) {
  if (watermark.run !== marks.run || watermark.through_tick <= marks.throughTick) return marks;
  return { ...marks, throughTick: watermark.through_tick };
}
