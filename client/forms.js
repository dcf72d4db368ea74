// What all forms have in common: reading a field, marking one, showing a password.

/**
 * A field as it was typed, a password to the last blank.
 * @param {FormData} data
 * @param {string} name
 */
export function fieldText(data, name) {
  const value = data.get(name);
  if (typeof value !== "string") return "";
  return name === "password" ? value : value.trim();
}

/**
 * Marks the field at fault and puts the cursor there; every other mark goes.
 * @param {HTMLFormElement | undefined} form
 * @param {string | undefined} name
 * @param {string} noticeId where it says what is wrong
 */
export function markField(form, name, noticeId) {
  for (const input of form?.querySelectorAll("input") ?? []) {
    // The API calls a character's name `name`; the form calls it `character`.
    const isAtFault = name !== undefined && (input.name === name || (name === "name" && input.name === "character"));
    const hints = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id !== "" && id !== noticeId);
    if (isAtFault) hints.push(noticeId);
    if (hints.length === 0) input.removeAttribute("aria-describedby");
    else input.setAttribute("aria-describedby", hints.join(" "));
    input.removeAttribute("aria-invalid");
    if (!isAtFault) continue;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
}

/**
 * Lets the form's tick box show its password as it is typed.
 * @param {HTMLFormElement} form
 */
export function revealPasswords(form) {
  const tick = form.querySelector("input[data-reveals]");
  const password = form.querySelector("input[name=password]");
  if (!(tick instanceof HTMLInputElement) || !(password instanceof HTMLInputElement)) return;
  const show = () => (password.type = tick.checked ? "text" : "password");
  tick.addEventListener("change", show);
  // By then the tick is gone, too.
  form.addEventListener("reset", () => setTimeout(show));
}
