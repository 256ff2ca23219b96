/** Kernels as numbers in colours, on one scale. */

import { h, svg } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";
import { coloursOf, showCells } from "../number-cells.js";

const PARTS = /** @type {const} */ (["kernel", "filter", "difference"]);

/** The kernel, the filter that it should become, and the difference. */
export function kernelPictures() {
  const pictures = PARTS.map(() => svg("svg", { role: "img", class: "cells" }));
  return {
    element: h("div", { class: "three kernels" }, PARTS.map((part, i) =>
      h("figure", {}, pictures[i], h("figcaption", {}, t(`learned.${part}`))))),
    /** @param {number[][]} kernel @param {number[][]} target */
    show(kernel, target) {
      const difference = kernel.map((row, i) => row.map((weight, j) => weight - target[i][j]));
      const most = Math.max(...target.flat().map(Math.abs));
      const colour = coloursOf([most, -most], true);
      [kernel, target, difference].forEach((rows, i) => showCells(pictures[i], rows.map((row) => row.map(rounded)),
        (value) => colour(Math.max(-most, Math.min(most, value))), t(`learned.${PARTS[i]}`)));
    },
  };
}

/** To two digits after the point: more do not fit into a cell. @param {number} weight */
const rounded = (weight) => Math.round(weight * 100) / 100;
