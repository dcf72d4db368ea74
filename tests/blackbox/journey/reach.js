// Answers what is at fault on the page as it is shown: fields and buttons without a name, ids twice,
// references to nothing, roles out of place, text that is hard to read. Nothing is fetched.
const faults = [];
const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.closest("[aria-hidden=true]") === null;
const shown = [...document.querySelectorAll("body *")].filter(isShown);
const told = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.className?.baseVal ?? element.className}`;

const nameOf = (element) => {
  const by = (element.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
  const labels = [...(element.labels ?? [])].map((label) => label.textContent);
  return [element.getAttribute("aria-label") ?? "", ...by, ...labels, element.matches("input, select") ? "" : element.textContent].join("").trim();
};
const named = "button, a[href], input, select, textarea, summary, [role=button], [role=menu], [role=listbox], [role=log], [role=meter], [role=img], [role=group], nav, section";
for (const element of shown) if (element.matches(named) && nameOf(element) === "") faults.push(`${told(element)} has no name`);

const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) faults.push(`#${id} is there twice`);
for (const element of shown) {
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-activedescendant"]) {
    for (const id of (element.getAttribute(name) ?? "").split(" ").filter(Boolean)) {
      if (document.getElementById(id) === null) faults.push(`${told(element)} refers to #${id}, which is not there`);
    }
  }
}
for (const [child, parent] of [["option", "listbox"], ["menuitem", "menu"]]) {
  for (const element of document.querySelectorAll(`[role=${child}]`)) {
    if (element.closest(`[role=${parent}]`) === null) faults.push(`${told(element)} stands in no ${parent}`);
  }
}
const levels = shown.filter((element) => /^H[1-6]$/.test(element.tagName)).map(({ tagName }) => Number(tagName[1]));
if (document.querySelectorAll("main").length === 0) faults.push("nothing is the main part");
if (shown.filter((element) => element.tagName === "MAIN").length !== 1) faults.push("more or less than one main part is shown");
if (levels.length === 0) faults.push("no heading");

// The eye: what is read differs from its ground by 4.5 to 1 at least.
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const painted = new Map();
const colorOf = (text) => {
  if (!painted.has(text)) {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = text;
    paint.fillRect(0, 0, 1, 1);
    painted.set(text, [...paint.getImageData(0, 0, 1, 1).data]);
  }
  return painted.get(text);
};
const light = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const groundOf = (element) => {
  for (let at = element; at !== null; at = at.parentElement) {
    const color = colorOf(getComputedStyle(at).backgroundColor);
    if (color[3] === 255) return color;
  }
  return [255, 255, 255, 255];
};
for (const element of shown) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "");
  if (!hasText || element.closest("svg, .unseen, .skip, :disabled, option, [aria-busy=true]") !== null) continue;
  const style = getComputedStyle(element);
  if (parseFloat(style.fontSize) === 0) continue;
  const [ink, ground] = [light(colorOf(style.color)), light(groundOf(element))];
  const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  if (contrast < 4.5) faults.push(`${told(element)} differs by ${contrast.toFixed(2)}: ${element.textContent.trim().slice(0, 30)}`);
}

// The thumb: nothing to press is smaller than 24 pixels, but for words in a text.
for (const element of shown) {
  if (!element.matches("button, input, select, summary") || element.closest(".entry, .skip, .unseen") !== null) continue;
  const { width, height } = element.getBoundingClientRect();
  if (width > 0 && (width < 20 || height < 20)) faults.push(`${told(element)} is ${width} by ${height}`);
}
return faults;
