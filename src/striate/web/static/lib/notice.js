/** One line at the foot of the page: what failed, in words that the server or the browser gave. */

const place = /** @type {HTMLElement} */ (document.getElementById("notice"));
/** @type {number | undefined} */
let timer;

/** @param {unknown} error */
export function notice(error) {
  say(error instanceof Error ? error.message : String(error), true);
}

/** Take back what was said: what it was about is over. */
export function quiet() {
  place.textContent = "";
}

/**
 * @param {string} line
 * @param {boolean} [bad]
 */
export function say(line, bad = false) {
  place.textContent = line;
  place.className = bad ? "bad" : "good";
  clearTimeout(timer);
  timer = setTimeout(quiet, 8000);
}
