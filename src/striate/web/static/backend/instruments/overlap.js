/** One function over another at every place; striate/web/lab/instruments/overlap.py. */

import { RequestError, queryFlag, queryRows } from "../query.js";

/** @import { Routes } from "../types.d.ts" */

/** Rows and columns of x and of g; their numbers. */
const MOST_X = [12, 48], MOST_G = [7, 16], MOST = 1000;

/** @type {Routes} */
export const overlapRoutes = {
  "GET instruments/overlap": (_backend, query) => {
    const x = queryRows(query, "x", MOST_X[0], MOST_X[1], MOST), g = queryRows(query, "g", MOST_G[0], MOST_G[1], MOST);
    return overlapping(x, g, queryFlag(query, "flipped", 0));
  },
};

/**
 * g over x, one row each in one dimension: for each place, row by row, the products and the sum.
 * @param {number[][]} x
 * @param {number[][]} g
 * @param {boolean} flipped
 */
function overlapping(x, g, flipped) {
  const places = [x.length - g.length + 1, x[0].length - g[0].length + 1];
  if (Math.min(...places) < 1) throw new RequestError(`g of ${sizeOf(g)} does not fit into x of ${sizeOf(x)}`);
  const kernel = flipped ? [...g].reverse().map((line) => [...line].reverse()) : g;
  const products = Array.from({ length: places[0] * places[1] }, (_, at) => kernel.map((line, v) =>
    line.map((weight, u) => weight * x[Math.floor(at / places[1]) + v][(at % places[1]) + u])));
  return { kernel, places, products, sums: products.map((lines) => lines.flat().reduce((sum, product) => sum + product, 0)) };
}

/** @param {number[][]} lines */
const sizeOf = (lines) => `${lines.length}x${lines[0].length}`;
