/** Grids of numbers: a kernel that can be edited, a window of pixels, the products of both. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @param {number} value @returns {string} */
export const formatEntry = (value) => formatNumber(value, { maximumFractionDigits: 3 });

/**
 * A kernel whose entries are inputs.
 * @param {(kernel: number[][]) => void} onEdit called with every complete kernel
 */
export function kernelGrid(onEdit) {
  const element = h("div", { class: "grid edit", role: "group", "aria-label": t("filters.kernel") });
  const inputs = () => /** @type {HTMLInputElement[]} */ ([...element.children]);
  const read = () => {
    const numbers = inputs().map((input) => input.valueAsNumber);
    inputs().forEach((input, i) => input.setAttribute("aria-invalid", String(!Number.isFinite(numbers[i]))));
    const side = Math.sqrt(numbers.length);
    if (numbers.every(Number.isFinite)) onEdit(Array.from({ length: side }, (_, i) => numbers.slice(i * side, (i + 1) * side)));
  };
  return {
    element,
    /** @param {number[][]} kernel */
    show(kernel) {
      setColumns(element, kernel.length);
      element.classList.toggle("large", kernel.length > 5);
      replaceChildren(element, kernel.flatMap((row, i) => row.map((weight, j) =>
        h("input", { type: "number", step: "any", value: String(Number(weight.toPrecision(6))), min: "-1000", max: "1000",
          "aria-label": t("filters.cell", { row: i, column: j }), on: { input: read } }))));
    },
  };
}

/**
 * @param {number[][]} numbers
 * @param {string} label
 * @returns {HTMLElement}
 */
export function numberGrid(numbers, label) {
  const text = `${label}: ${numbers.map((row) => row.map(formatEntry).join(" ")).join("; ")}`;
  const grid = h("div", { class: "grid number", role: "img", "aria-label": text },
    numbers.flat().map((number) => h("span", {}, formatEntry(number))));
  setColumns(grid, numbers[0].length);
  return h("figure", { class: "numbers" }, h("figcaption", {}, label), grid);
}

/** @param {HTMLElement} grid @param {number} count */
function setColumns(grid, count) {
  grid.style.gridTemplateColumns = `repeat(${count}, auto)`;
}

/**
 * The middle of a kernel, or the kernel with zeros around it.
 * @param {number[][]} kernel
 * @param {number} side
 * @returns {number[][]}
 */
export function resizeKernel(kernel, side) {
  const offset = (kernel.length - side) / 2;
  return Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) => kernel[i + offset]?.[j + offset] ?? 0));
}
