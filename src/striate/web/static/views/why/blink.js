/** The maps and the picture below them in turn: by a button, and as long as a map is held. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { reducedMotion } from "../../lib/motion.js";

const INTERVAL = 700; // milliseconds for each: far fewer than three flashes a second

/**
 * @param {HTMLElement} root gets the class "picture-only" while the maps are hidden
 * @returns {{ element: HTMLElement, unmount: () => void }}
 */
export function blinkButton(root) {
  /** @type {number | undefined} */
  let timer;
  const showPicture = (/** @type {boolean} */ shown) => root.classList.toggle("picture-only", shown);
  const element = h("button", { "aria-pressed": "false", on: { click } }, t(reducedMotion() ? "why.picture" : "why.blink"));

  /** Without motion the button shows the picture until it is pressed again. */
  function click() {
    const isOn = element.getAttribute("aria-pressed") !== "true";
    element.setAttribute("aria-pressed", String(isOn));
    clearInterval(timer);
    showPicture(isOn);
    if (isOn && !reducedMotion()) timer = setInterval(() => showPicture(!root.classList.contains("picture-only")), INTERVAL);
  }

  const hold = (/** @type {Event} */ event) => {
    if (event.target instanceof Element && event.target.closest(".overlay")) root.classList.add("held");
  };
  const release = () => root.classList.remove("held");
  root.addEventListener("pointerdown", hold);
  for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, release);
  return {
    element,
    unmount() {
      clearInterval(timer);
      root.removeEventListener("pointerdown", hold);
      for (const end of ["pointerup", "pointercancel", "blur"]) removeEventListener(end, release);
    },
  };
}
