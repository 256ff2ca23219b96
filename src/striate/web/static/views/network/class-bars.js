/** The last column of the diagram: the classes with their probabilities. Few keep their order, each in the line of its unit. */

import { h } from "../../lib/dom.js";
import { probabilityBars } from "../../lib/probability-bars.js";
import { MOST_CLASSES } from "./column.js";

/** @import { ClassProbability } from "../../lib/types.d.ts" */

const SHOWN = 10;

/**
 * @param {{ onPoint: (unit: number) => void, onOpen: (unit: number) => void }} callbacks a class is pointed at, or clicked
 */
export function classBars({ onPoint, onOpen }) {
  const bars = probabilityBars(MOST_CLASSES);
  const element = h("div", { class: "classes" }, bars.element);

  /** @type {(event: Event, then: (unit: number) => void) => void} */
  const withUnit = ({ target }, then) => {
    const bar = target instanceof Element ? target.closest("li") : null;
    if (bar?.dataset.unit) then(Number(bar.dataset.unit));
  };
  bars.element.addEventListener("pointermove", (event) => withUnit(event, onPoint));
  bars.element.addEventListener("click", (event) => withUnit(event, onOpen));

  return {
    element,
    /** @type {(top: ClassProbability[], count: number) => void} the classes by probability, of so many */
    show(top, count) {
      const isInOrder = count <= MOST_CLASSES;
      const shown = isInOrder ? top : top.slice(0, SHOWN);
      bars.show(shown);
      element.classList.toggle("in-order", isInOrder);
      /** @type {HTMLElement[]} */ ([...bars.element.children]).forEach((bar, i) => {
        const { index } = shown[i];
        bar.dataset.unit = String(index);
        bar.style.gridRow = isInOrder ? String(index + 1) : "auto";
        bar.classList.toggle("best", i === 0);
      });
    },
  };
}
