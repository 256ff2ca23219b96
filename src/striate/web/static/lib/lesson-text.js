/** The text of a lesson as elements: the server sends it as nested elements of a few tags. */

import { h } from "./dom.js";

/** @import { LessonElement } from "./types.d.ts" */

/**
 * @param {LessonElement[]} elements
 * @returns {(HTMLElement | string)[]}
 */
export const lessonText = (elements) => elements.map((element) => {
  if (typeof element === "string") return element;
  const { tag, children, ...attributes } = element;
  const built = h(tag, attributes, lessonText(children));
  return tag === "table" ? h("div", { class: "table-box", tabIndex: 0 }, built) : built;
});
