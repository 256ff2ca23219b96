/** Grids of numbers: a kernel that can be edited, a window of pixels, the products of both. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";

/** @param {number} value @returns {string} */
export const written = (value) => n(value, { maximumFractionDigits: 3 });

/**
 * A kernel whose cells are fields.
 * @param {(kernel: number[][]) => void} edited is told the kernel when a cell is another number
 */
export function kernelGrid(edited) {
  const element = h("div", { class: "grid edit", role: "group", "aria-label": t("filters.kernel") });
  const fields = () => /** @type {HTMLInputElement[]} */ ([...element.children]);
  const read = () => {
    const numbers = fields().map((field) => field.valueAsNumber);
    fields().forEach((field, i) => field.setAttribute("aria-invalid", String(!Number.isFinite(numbers[i]))));
    const side = Math.sqrt(numbers.length);
    if (numbers.every(Number.isFinite)) edited(Array.from({ length: side }, (_, i) => numbers.slice(i * side, (i + 1) * side)));
  };
  return {
    element,
    /** @param {number[][]} kernel */
    show(kernel) {
      columns(element, kernel.length);
      fill(element, kernel.flatMap((row, i) => row.map((weight, j) =>
        h("input", { type: "number", step: "any", value: String(Number(weight.toPrecision(6))), min: "-1000", max: "1000",
          "aria-label": t("filters.cell", { row: i, column: j }), on: { input: read } }))));
    },
  };
}

/**
 * Numbers to be read.
 * @param {number[][]} numbers
 * @param {string} label
 * @returns {HTMLElement}
 */
export function numberGrid(numbers, label) {
  const read = `${label}: ${numbers.map((row) => row.map(written).join(" ")).join("; ")}`;
  const grid = h("div", { class: "grid number", role: "img", "aria-label": read },
    numbers.flat().map((number) => h("span", {}, written(number))));
  columns(grid, numbers[0].length);
  return h("figure", { class: "numbers" }, h("figcaption", {}, label), grid);
}

/** @param {HTMLElement} grid @param {number} count */
function columns(grid, count) {
  grid.style.gridTemplateColumns = `repeat(${count}, auto)`;
}

/**
 * A kernel of another size: its middle, zeros around it.
 * @param {number[][]} kernel
 * @param {number} side
 * @returns {number[][]}
 */
export function resized(kernel, side) {
  const off = (kernel.length - side) / 2;
  return Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) => kernel[i + off]?.[j + off] ?? 0));
}
