// How much of the page can be seen: a keyboard on the screen takes its part of it.

/**
 * Keeps the style sheet's `--seen` and `--seen-top` at what the reader sees. Not all browsers shrink
 * the page itself for a keyboard. A page that was pinched larger stays as it is: the reader chose it.
 * @param {HTMLElement} root
 */
export function followViewport(root) {
  const seen = visualViewport;
  if (!seen) return;
  const fit = () => {
    if (seen.scale > 1.01) return;
    root.style.setProperty("--seen", `${Math.round(seen.height)}px`);
    root.style.setProperty("--seen-top", `${Math.round(seen.offsetTop)}px`);
  };
  seen.addEventListener("resize", fit);
  seen.addEventListener("scroll", fit);
  fit();
}
