/** A unit as the server works it out, and where its windows lie. */

import { n } from "../../lib/language.js";

/** @typedef {import("./board.js").Box} Box */
/** @typedef {import("./board.js").Pair} Pair */
/** @typedef {[number, number, number]} Axis a window's size, how far apart two lie, where the first begins */
/**
 * @typedef {{
 *   kernel: Pair, stride: Pair, padding: [Pair, Pair], dilation: Pair, reach: Pair, rounds: "floor" | "ceil" | null,
 *   over: [Axis, Axis],
 * }} Facts of a window; `reach` is the kernel's with its dilation, `rounds` null where the output's size is given
 * @typedef {{ kind: string, value: number | null, operands: (number | null)[] }} Stage
 * @typedef {(number | null)[][]} Cells
 * @typedef {{ map: number, x: Cells, w: Cells | null, products: Cells | null, sum: number }} Grid
 * @typedef {{ shown: Grid[], places: [number[], number[]], left: number, rest: number }} Grids
 * @typedef {{ at: number[], x: number | null, w: number | null, product: number | null }} Term
 * @typedef {{ shown: Term[], left: number, rest: number }} Terms
 * @typedef {{
 *   path: string, type: string, unit: number[], input: number[], output: number[], field: [Axis, Axis],
 *   window: Facts | null, stages: Stage[], value: number | null, network: number | null, grids?: Grids, terms?: Terms,
 * }} Unit
 */

/**
 * The window of a unit at a place; a unit without a place has one for all.
 * @param {[Axis, Axis]} axes
 * @param {number[]} unit
 * @returns {Box}
 */
export function windowOf([rows, columns], unit) {
  const [, i = 0, j = 0] = unit;
  return { top: rows[2] + i * rows[1], left: columns[2] + j * columns[1], height: rows[0], width: columns[0] };
}

/**
 * The first and last row and column of a box, as text.
 * @param {Box} box
 * @returns {{ rows: string, columns: string }}
 */
export const spans = ({ top, left, height, width }) => ({
  rows: `${n(top)}…${n(top + height - 1)}`,
  columns: `${n(left)}…${n(left + width - 1)}`,
});

/**
 * The cells that the windows of a row's units reach over the edges of what they look at, (rows, columns) each.
 * @param {[Axis, Axis]} axes
 * @param {number[]} size
 * @param {number[]} outputs
 * @returns {{ before: Pair, after: Pair }}
 */
export function overhang(axes, size, outputs) {
  const before = axes.map(([, , start]) => Math.max(0, -start));
  const after = axes.map(([reach, stride, start], axis) =>
    Math.max(0, start + ((outputs[axis] ?? 1) - 1) * stride + reach - size[axis]));
  return { before: /** @type {Pair} */ (before), after: /** @type {Pair} */ (after) };
}

/**
 * Four digits; what is no number has none.
 * @param {number | null} value
 */
export const number = (value) => (value === null ? "–" : n(value, { maximumSignificantDigits: 4 }));

/**
 * The input map that counts most for a unit, if it sees maps.
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
 * In the order of their maps, which stays while the strongest change.
 * @param {Grid[]} grids
 */
export const byMap = (grids) => [...grids].sort((a, b) => a.map - b.map);
