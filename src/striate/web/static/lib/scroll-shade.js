/** A box that scrolls sideways, shaded at its right side while there is more. */

import { h } from "./dom.js";

/**
 * @param {HTMLElement} box with one child, its content
 * @returns {HTMLElement} with the box inside
 */
export function shaded(box) {
  const element = h("div", { class: "shaded" }, box);
  const show = () => element.classList.toggle("continues", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  const sizes = new ResizeObserver(show);
  for (const part of [box, ...box.children]) sizes.observe(part);
  box.addEventListener("scroll", show, { passive: true });
  return element;
}
