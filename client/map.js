// The map of explored rooms: a picture of this floor, and the same as a list for every reader.

import { byId, make, setText } from "./dom.js";
import { layoutFloor, listByPlace, nameLines } from "./maplayout.js";

const SVG = "http://www.w3.org/2000/svg";

/** Size of one cell in drawing units, and of the room drawn in it. */
const CELL = 40;
const ROOM = 22;

/** Cells shown across at each step of nearness, and those down for each across. */
const ACROSS = [17, 9, 5, 3.4];
const DOWN = 7 / 9;

/** From this step on there is room for names. */
const NAMES_FROM = 2;

/** Where the map begins. */
const NEARNESS = 2;

/** @typedef {import("./protocol.js").MapRoom} MapRoom */

export class MapPanel {
  #picture = byId("map-picture", SVGSVGElement);
  #here = byId("map-here", HTMLElement);
  #count = byId("map-count", HTMLElement);
  #list = byId("map-list", HTMLElement);
  #nearer = byId("map-nearer", HTMLButtonElement);
  #farther = byId("map-farther", HTMLButtonElement);
  #nearness = NEARNESS;

  /** @param {(roomId: string) => void} walkTo */
  constructor(walkTo) {
    this.#nearer.addEventListener("click", () => this.#zoom(1));
    this.#farther.addEventListener("click", () => this.#zoom(-1));
    for (const part of [this.#picture, this.#list]) {
      part.addEventListener("click", ({ target }) => {
        const room = target instanceof Element ? target.closest("[data-room]") : null;
        const id = room?.getAttribute("data-room");
        if (id) walkTo(id);
      });
    }
    this.#zoom(0);
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

  /** @param {number} by */
  #zoom(by) {
    this.#nearness = Math.min(Math.max(this.#nearness + by, 0), ACROSS.length - 1);
    const width = (ACROSS[this.#nearness] ?? 9) * CELL;
    const height = width * DOWN;
    this.#picture.setAttribute("viewBox", `${-width / 2} ${-height / 2} ${width} ${height}`);
    this.#picture.classList.toggle("named", this.#nearness >= NAMES_FROM);
    this.#nearer.disabled = this.#nearness === ACROSS.length - 1;
    this.#farther.disabled = this.#nearness === 0;
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
      ...links.filter(({ isOpen }) => isOpen).map(unseenShape),
      ...cells.map(roomShape),
    );
  }
}

/** @param {import("./maplayout.js").Link} link */
function unseenShape({ to: [col, row], roomId, direction }) {
  const [x, y] = [col * CELL, row * CELL];
  const group = shape("g", "unseen-room", {});
  group.setAttribute("data-room", roomId);
  const title = shape("title", "", {});
  title.textContent = `Not yet seen, ${direction} of here`;
  const sign = shape("text", "", { x, y: y + 4 });
  sign.textContent = "?";
  group.append(title, shape("circle", "", { cx: x, cy: y, r: 7 }), sign);
  return group;
}

/** @param {import("./maplayout.js").Cell} cell */
function roomShape({ id, name, col, row, isHere, hasUp, hasDown }) {
  const [x, y] = [col * CELL, row * CELL];
  const group = shape("g", isHere ? "spot here" : "spot", {});
  group.setAttribute("data-room", id);
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
  for (const [index, words] of nameLines(name).entries()) {
    const line = shape("text", "name", { x, y: y + ROOM / 2 + 6.5 + 6.5 * index });
    line.textContent = words;
    group.append(line);
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
    const entry = make("li", "");
    if (room.id === hereId) {
      entry.setAttribute("aria-current", "location");
      entry.append(room.name, make("span", "note", " (you are here)"));
    } else {
      const button = make("button", "place-link", room.name);
      button.type = "button";
      button.dataset.room = room.id;
      button.title = `Walk to ${room.name}`;
      entry.append(button);
    }
    list.append(entry);
  }
  item.append(make("span", "place-name", place), list);
  return item;
}
