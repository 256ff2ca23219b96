/** The values of neighbouring maps at one place, before and after they compete; striate/web/lab/instruments/lrn.py. */

import { lrnReach } from "../../engine/equations.js";
import { RequestError, queryFloat, queryInt, queryRows } from "../query.js";

/** @import { Routes } from "../types.d.ts" */

const MOST_MAPS = 16, MOST = 1000;
const MOST_SIZE = 16, MOST_K = 100, MOST_ALPHA = 10, MOST_BETA = 4;

/** @type {Routes} */
export const lrnRoutes = {
  "GET instruments/lrn": (_backend, query) => {
    const [values] = queryRows(query, "values", 1, MOST_MAPS, MOST), size = queryInt(query, "size", 1, MOST_SIZE, 5);
    const k = queryFloat(query, "k", 0, MOST_K, 2), alpha = queryFloat(query, "alpha", 0, MOST_ALPHA, 1e-4);
    return competition(values, { size, k, alpha, beta: queryFloat(query, "beta", 0, MOST_BETA, 0.75) });
  },
};

/**
 * The values normalized by those around each; `unopposed` is the factor of a map whose window has only zeros, null if there is none.
 * Source: Krizhevsky et al. 2012, section 3.3.
 * @param {number[]} values
 * @param {{ size: number, k: number, alpha: number, beta: number }} numbers
 */
function competition(values, { size, k, alpha, beta }) {
  const [left, right] = lrnReach(size, "paper"), last = values.length - 1;
  const windows = values.map((_, index) => [Math.max(0, index - left), Math.min(last, index + right)]);
  const squares = windows.map(([from, to]) => values.slice(from, to + 1).reduce((sum, value) => sum + value * value, 0));
  const factors = squares.map((square) => (k + alpha * square) ** -beta), unopposed = k ** -beta;
  if (!factors.every(Number.isFinite)) throw new RequestError("k is 0, and so are the values of a window: nothing to divide by");
  return {
    after: values.map((value, index) => value * factors[index]), first: windows.map(([from]) => from), last: windows.map(([, to]) => to),
    squares, factors, unopposed: Number.isFinite(unopposed) ? unopposed : null,
  };
}
