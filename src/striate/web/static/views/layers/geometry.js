/** The windows of a row's units, and how the numbers of a unit are written. */

import { formatNumber } from "../../lib/i18n.js";

/** @import { Box, Grid, Pair, Term, Unit, WindowAxis } from "../../lib/types.d.ts" */

/**
 * The window of a unit; a unit without a position has the window of the whole row.
 * @param {[WindowAxis, WindowAxis]} axes
 * @param {number[]} unit
 * @returns {Box}
 */
export function windowOf([rows, columns], unit) {
  const [, i = 0, j = 0] = unit;
  return { top: rows[2] + i * rows[1], left: columns[2] + j * columns[1], height: rows[0], width: columns[0] };
}

/**
 * The part of a box that lies in a picture.
 * @param {Box} box
 * @param {Pair} size
 * @returns {Box}
 */
export function clip({ top, left, height, width }, size) {
  const [rows, columns] = [[top, height], [left, width]].map(([start, extent], axis) =>
    [Math.max(0, start), Math.min(size[axis], start + extent)]);
  return { top: rows[0], left: columns[0], height: rows[1] - rows[0], width: columns[1] - columns[0] };
}

/**
 * The first and the last row and column of a box, as text.
 * @param {Box} box
 * @returns {{ rows: string, columns: string }}
 */
export const ranges = ({ top, left, height, width }) => ({
  rows: `${formatNumber(top)}…${formatNumber(top + height - 1)}`,
  columns: `${formatNumber(left)}…${formatNumber(left + width - 1)}`,
});

/**
 * The cells by which the windows of a row's units extend beyond the edges of what they cover, (rows, columns) each.
 * @param {[WindowAxis, WindowAxis]} axes
 * @param {number[]} size
 * @param {number[]} outputs
 * @returns {{ before: Pair, after: Pair }}
 */
export function overhang(axes, size, outputs) {
  const before = axes.map(([, , start]) => Math.max(0, -start));
  const after = axes.map(([extent, stride, start], axis) =>
    Math.max(0, start + ((outputs[axis] ?? 1) - 1) * stride + extent - size[axis]));
  return { before: /** @type {Pair} */ (before), after: /** @type {Pair} */ (after) };
}

/**
 * The first cell of an output map whose window holds ink, in reading order: a value that differs from the most frequent one,
 * which is the background, by a tenth of the range. The first cell if there is none.
 * @param {Uint8Array} bytes the input map, which may be scaled down
 * @param {Pair} size of it
 * @param {Unit} unit
 * @returns {number}
 */
export function firstInk(bytes, size, { window, input, output }) {
  if (!window) return 0;
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte]++;
  const background = counts.indexOf(Math.max(...counts));
  const scale = [0, 1].map((axis) => input[1 + axis] / size[axis]);
  /** The first window along an axis that reaches a pixel. @type {(axis: number, pixel: number) => number} */
  const firstWindow = (axis, pixel) => {
    const [extent, stride, start] = window.over[axis];
    const index = Math.ceil((Math.floor(pixel * scale[axis]) - start - extent + 1) / stride);
    return Math.min(output[1 + axis] - 1, Math.max(0, index));
  };
  let first = Infinity;
  bytes.forEach((byte, i) => {
    if (Math.abs(byte - background) < 25) return;
    first = Math.min(first, firstWindow(0, Math.floor(i / size[1])) * output[2] + firstWindow(1, i % size[1]));
  });
  return Number.isFinite(first) ? first : 0;
}

/**
 * Four significant digits; a dash if it is not a number.
 * @param {number | null} value
 */
export const formatValue = (value) => (value === null ? "–" : formatNumber(value, { maximumSignificantDigits: 4 }));

/**
 * The input map that contributes most to a unit; null if its inputs are not maps.
 * @param {Unit} unit
 * @returns {number | null}
 */
export function strongestInput({ grids, terms, input }) {
  if (grids) return grids.shown[0].map;
  if (!terms || input.length !== 3) return null;
  const strength = (/** @type {Term} */ term) => Math.abs(term.product ?? 0);
  return terms.shown.reduce((best, term) => (strength(term) > strength(best) ? term : best)).at[0];
}

/**
 * In the order of their maps, which stays the same when another unit is selected.
 * @param {Grid[]} grids
 */
export const sortByMap = (grids) => [...grids].sort((a, b) => a.map - b.map);
