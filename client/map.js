// The map of explored rooms: a picture of this floor, and the same as a list for every reader.

import { byId, make, setText } from "./dom.js";
import { layoutFloor, listByPlace } from "./maplayout.js";

const SVG = "http://www.w3.org/2000/svg";

/** Size of one cell in drawing units, and of the room drawn in it. */
const CELL = 40;
const ROOM = 22;

/** Cells shown across and down; what lies further off is in the list. */
const ACROSS = 9;
const DOWN = 7;

/** @typedef {import("./protocol.js").MapRoom} MapRoom */

export class MapPanel {
  #picture = byId("map-picture", SVGSVGElement);
  #here = byId("map-here", HTMLElement);
  #count = byId("map-count", HTMLElement);
  #list = byId("map-list", HTMLElement);

  constructor() {
    const [width, height] = [ACROSS * CELL, DOWN * CELL];
    this.#picture.setAttribute("viewBox", `${-width / 2} ${-height / 2} ${width} ${height}`);
  }

  /**
   * @param {ReadonlyMap<string, MapRoom>} explored
   * @param {import("./protocol.js").Room | null} here
   */
  show(explored, here) {
    this.#draw(explored, here?.id);
    const rooms = explored.size === 1 ? "1 room" : `${explored.size} rooms`;
    const where = here === null ? "" : ` You are in ${here.name}.`;
    this.#picture.setAttribute("aria-label", `Map of ${rooms} explored.${where}`);
    setText(this.#here, here?.name ?? "");
    setText(this.#count, `List of ${rooms}`);
    this.#list.replaceChildren(...listByPlace(explored).map(([place, list]) => placeItem(place, list, here?.id)));
  }

  /**
   * @param {ReadonlyMap<string, MapRoom>} explored
   * @param {string | undefined} hereId
   */
  #draw(explored, hereId) {
    const { cells, links } = layoutFloor(explored, hereId);
    this.#picture.replaceChildren(
      ...links.map(({ from, to, isOpen }) =>
        shape("line", isOpen ? "way open" : "way", {
          x1: from[0] * CELL,
          y1: from[1] * CELL,
          x2: to[0] * CELL,
          y2: to[1] * CELL,
        }),
      ),
      ...cells.map(roomShape),
    );
  }
}

/** @param {import("./maplayout.js").Cell} cell */
function roomShape({ name, col, row, isHere, hasUp, hasDown }) {
  const [x, y] = [col * CELL, row * CELL];
  const group = shape("g", isHere ? "spot here" : "spot", {});
  const title = shape("title", "", {});
  title.textContent = isHere ? `${name} (you are here)` : name;
  group.append(title);
  if (isHere) group.append(shape("circle", "halo", { cx: x, cy: y, r: ROOM * 0.85 }));
  group.append(shape("rect", "walls", { x: x - ROOM / 2, y: y - ROOM / 2, width: ROOM, height: ROOM, rx: 2 }));
  const stairs = (hasUp ? "▴" : "") + (hasDown ? "▾" : "");
  if (stairs) {
    const text = shape("text", "stairs", { x, y: y + 5 });
    text.textContent = stairs;
    group.append(text);
  }
  return group;
}

/**
 * @param {string} name
 * @param {string} className
 * @param {Record<string, number>} attributes
 */
function shape(name, className, attributes) {
  const element = document.createElementNS(SVG, name);
  if (className) element.setAttribute("class", className);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/**
 * @param {string} place
 * @param {MapRoom[]} rooms
 * @param {string | undefined} hereId
 */
function placeItem(place, rooms, hereId) {
  const item = make("li", "place");
  const list = make("ul", "");
  for (const room of rooms) {
    const entry = make("li", "", room.name);
    if (room.id === hereId) {
      entry.setAttribute("aria-current", "location");
      entry.append(make("span", "note", " (you are here)"));
    }
    list.append(entry);
  }
  item.append(make("span", "place-name", place), list);
  return item;
}
