// From explored rooms to a drawing: which cells, which lines. Pure, in cells, not pixels.

import { DIRECTIONS, rank } from "./directions.js";

/**
 * @typedef {import("./protocol.js").MapRoom} MapRoom
 * @typedef {{id: string, name: string, col: number, row: number, isHere: boolean,
 *   hasUp: boolean, hasDown: boolean}} Cell
 * @typedef {{from: [number, number], to: [number, number], isOpen: boolean, roomId: string, direction: string}} Link
 *   an open link leads to a room not yet seen, which is `roomId`
 */

/** How far a stub towards an unseen room reaches, in cells. */
const STUB = 0.65;

/** How far rooms that share a spot are pulled apart, in cells. */
const NUDGE = 0.3;

/**
 * The floor on which `hereId` lies, with that room at column 0, row 0.
 * @param {ReadonlyMap<string, MapRoom>} explored
 * @param {string | undefined} hereId
 * @returns {{cells: Cell[], links: Link[]}}
 */
export function layoutFloor(explored, hereId) {
  const here = explored.get(hereId ?? "") ?? explored.values().next().value;
  if (here === undefined) return { cells: [], links: [] };
  const cells = placeCells([...explored.values()].filter((room) => room.z === here.z), here, hereId);
  return { cells: [...cells.values()], links: drawLinks(explored, cells) };
}

/**
 * @param {MapRoom[]} rooms
 * @param {MapRoom} centre
 * @param {string | undefined} hereId
 */
function placeCells(rooms, centre, hereId) {
  /** @type {Map<string, Cell>} */
  const cells = new Map();
  /** @type {Map<string, number>} */
  const crowd = new Map();
  // The room we stand in is placed first, so that it is never the one pushed aside.
  for (const room of [centre, ...rooms.filter((room) => room !== centre)]) {
    const spot = `${room.x},${room.y}`;
    const push = NUDGE * (crowd.get(spot) ?? 0);
    crowd.set(spot, (crowd.get(spot) ?? 0) + 1);
    cells.set(room.id, {
      id: room.id,
      name: room.name,
      col: room.x - centre.x + push,
      row: room.y - centre.y + push,
      isHere: room.id === hereId,
      hasUp: room.exits?.["up"] !== undefined,
      hasDown: room.exits?.["down"] !== undefined,
    });
  }
  return cells;
}

/**
 * @param {ReadonlyMap<string, MapRoom>} explored
 * @param {ReadonlyMap<string, Cell>} cells
 * @returns {Link[]}
 */
function drawLinks(explored, cells) {
  /** @type {Map<string, Link>} */
  const links = new Map();
  for (const cell of cells.values()) {
    for (const [direction, targetId] of Object.entries(explored.get(cell.id)?.exits ?? {})) {
      const target = cells.get(targetId);
      const step = DIRECTIONS[rank(direction)]?.step;
      if (target !== undefined) {
        // Both ends name the same passage; one line is enough.
        const key = [cell.id, targetId].sort().join(" ");
        links.set(key, { from: [cell.col, cell.row], to: [target.col, target.row], isOpen: false, roomId: targetId, direction });
      } else if (!explored.has(targetId) && step !== undefined && step[2] === 0) {
        const to = /** @type {[number, number]} */ ([cell.col + STUB * step[0], cell.row + STUB * step[1]]);
        links.set(`${cell.id} ${direction}`, { from: [cell.col, cell.row], to, isOpen: true, roomId: targetId, direction });
      }
    }
  }
  return [...links.values()];
}

/** Letters of a name in one line of the map, and lines. */
const NAME_LETTERS = 11;
const NAME_LINES = 2;

/**
 * A room's name as it fits under its box.
 * @param {string} name
 * @returns {string[]}
 */
export function nameLines(name) {
  /** @type {string[]} */
  const lines = [];
  for (const word of name.replace(/^The /, "").split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < NAME_LETTERS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const shown = lines.slice(0, NAME_LINES);
  const isCut = lines.length > NAME_LINES;
  return shown.map((line, index) => {
    const end = isCut && index === NAME_LINES - 1 ? "…" : "";
    return line.length + end.length > NAME_LETTERS + 1 ? `${line.slice(0, NAME_LETTERS)}…` : line + end;
  });
}

/**
 * The explored rooms as a reader without the picture gets them: by neighbourhood, then by name.
 * @param {ReadonlyMap<string, MapRoom>} explored
 * @returns {[string, MapRoom[]][]}
 */
export function listByPlace(explored) {
  /** @type {Map<string, MapRoom[]>} */
  const places = new Map();
  for (const room of explored.values()) {
    const place = room.sub_zone_name || (room.sub_zone || room.zone || "elsewhere").replaceAll("_", " ");
    places.set(place, [...(places.get(place) ?? []), room]);
  }
  for (const rooms of places.values()) rooms.sort((a, b) => a.name.localeCompare(b.name));
  return [...places].sort(([a], [b]) => a.localeCompare(b));
}
