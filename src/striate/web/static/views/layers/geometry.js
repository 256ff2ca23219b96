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
