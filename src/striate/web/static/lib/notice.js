/** One line at the foot of the page that says what failed, in the words of the server or the browser. */

import { setText } from "./dom.js";

const SECONDS = 8;
const element = /** @type {HTMLElement} */ (document.getElementById("notice"));
/** @type {number | undefined} */
let timer;

/** @param {unknown} error */
export function showError(error) {
  setText(element, error instanceof Error ? error.message : String(error));
  clearTimeout(timer);
  timer = setTimeout(clearError, 1000 * SECONDS);
}

export function clearError() {
  element.textContent = "";
}
