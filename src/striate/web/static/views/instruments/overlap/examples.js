/** Pairs of functions that show what an overlap measures, in one dimension and in two. */

/** @import { OverlapExample } from "../../../lib/types.d.ts" */

/** A slow wave with noise. */
const NOISY = [0.4, 1.1, 0.6, 2.3, 2.1, 3.6, 2.9, 4.4, 3.5, 4.3, 3.1, 3.4, 1.9, 2.2, 0.6, 1.3, 0.2, 0.8];

/** @param {...string} lines of digits */
const picture = (...lines) => lines.map((line) => [...line].map(Number));

/** @type {Record<string, OverlapExample>} */
export const EXAMPLES = {
  powers: { x: [[1, 2, 4, 8, 16]], g: [[1, 10, 100]] },
  step: { x: [[0, 0, 0, 5, 5, 5]], g: [[-1, 1]] },
  find: { x: [[0, 1, 0, 2, 1, 0, 1, 5, 2, 1, 0, 1, 1, 2, 5, 1, 0]], g: [[-2, 3, 0, -1]] },
  mean: { x: [NOISY], g: [[0.333, 0.333, 0.333]] },
  change: { x: [NOISY], g: [[-1, 2, -1]] },
  edge: {
    x: picture("00000000", "00005555", "00005555", "00005555", "00005555", "00005555", "00000000"),
    g: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
  },
  corner: {
    x: picture("000000000", "099900000", "090000000", "090000000", "000000090", "000000090", "000009990", "000000000"),
    g: [[2, 2, 2], [2, -2, -2], [2, -2, -2]],
  },
  blur: {
    x: picture("00000000", "00000000", "00090000", "00000000", "00000990", "00000990", "00000000"),
    g: [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
  },
};

/** The dimensions of rows. @param {number[][]} rows @returns {"line" | "plane"} */
export const dimensionsOf = (rows) => (rows.length > 1 ? "plane" : "line");
