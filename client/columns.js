// Text that stands in columns: a list with what each of it means, or a picture made of signs.

/** @typedef {{key: string, text: string}} Row */

/**
 * A stretch of a text: prose, rows of two columns, or lines that must be shown sign by sign.
 * @typedef {{kind: "prose" | "typed", text: string} | {kind: "rows", rows: Row[]}} Stretch
 */

/** `  say <words>   Says something`: indented, and a gap before the second column. */
const ROW = /^ {2,}(\S.*?) {2,}(\S.*)$/;

/** A gap in the middle of a line, or signs that draw. */
const DRAWN = /\S {3,}\S|^ {3,}\S|[|+#=─│┌┐└┘├┤┬┴┼]{2}|\[.\]/;

/** Fewer rows than this are no columns; two blanks may be a slip. */
const ROWS_MIN = 2;

/**
 * Takes a text apart; `null` where it is prose from end to end.
 * @param {string} text
 * @returns {Stretch[] | null}
 */
export function columnsIn(text) {
  const lines = text.split("\n");
  if (lines.length < ROWS_MIN) return null;
  const isList = lines.filter((line) => ROW.test(line)).length >= ROWS_MIN;
  if (!isList) return lines.some((line) => DRAWN.test(line)) ? [{ kind: "typed", text }] : null;
  /** @type {Stretch[]} */
  const stretches = [];
  for (const line of lines) add(stretches, line);
  return stretches;
}

/**
 * @param {Stretch[]} stretches
 * @param {string} line
 */
function add(stretches, line) {
  const last = stretches.at(-1);
  const row = ROW.exec(line);
  if (row !== null) {
    const made = { key: row[1] ?? "", text: row[2] ?? "" };
    if (last?.kind === "rows") last.rows.push(made);
    else stretches.push({ kind: "rows", rows: [made] });
  } else if (last?.kind === "prose") last.text += `\n${line}`;
  else stretches.push({ kind: "prose", text: line });
}
