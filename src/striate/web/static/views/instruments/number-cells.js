/** Numbers in coloured cells, as one picture. */

import { diverging, grayscale, textOn } from "../../lib/canvas.js";
import { replaceChildren, svg } from "../../lib/dom.js";
import { formatNumber } from "../../lib/i18n.js";

/** @import { Rgb } from "../../lib/types.d.ts" */

/** The side of a cell in units of the view box. */
export const CELL = 40;

/** With three digits after the point; what they make zero has no sign. @param {number} value @returns {string} */
export const format = (value) => formatNumber(value, { maximumFractionDigits: 3 }).replace(/^-0$/, "0").replace("-", "−");

/**
 * The colours of values: gray from black to white, or with a sign if some are negative, or always.
 * @param {number[]} values
 * @param {boolean} [isSigned]
 * @returns {(value: number) => Rgb}
 */
export function coloursOf(values, isSigned = values.some((value) => value < 0)) {
  const most = Math.max(...values.map(Math.abs)) || 1;
  return (value) => (isSigned ? diverging(Math.round(128 + (127 * value) / most)) : grayscale(Math.round((255 * value) / most)));
}

/**
 * Show numbers, row by row; of those after `last` nothing is known yet.
 * @param {SVGSVGElement} picture
 * @param {number[][]} rows
 * @param {(value: number) => Rgb} colour
 * @param {string} label
 * @param {number} [last]
 */
export function showCells(picture, rows, colour, label, last = Infinity) {
  const columns = rows[0].length;
  const known = rows.map((row, i) => row.filter((_, j) => i * columns + j <= last).map(format).join(" ")).filter(Boolean);
  picture.setAttribute("viewBox", `0 0 ${columns * CELL} ${rows.length * CELL}`);
  picture.setAttribute("aria-label", `${label}: ${known.join("; ")}`);
  replaceChildren(picture, rows.flatMap((row, i) => row.map((value, j) => {
    const box = { x: j * CELL, y: i * CELL, width: CELL, height: CELL };
    if (i * columns + j > last) return svg("rect", { class: "cell unknown", ...box });
    const [rgb, text] = [colour(value), format(value)];
    return svg("g", {}, svg("rect", { class: "cell", ...box, fill: `rgb(${rgb.join()})` }),
      svg("text", { x: box.x + CELL / 2, y: box.y + CELL / 2, fill: textOn(rgb), class: text.length > 3 ? "long" : null }, text));
  })));
}
