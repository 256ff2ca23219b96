/** The principal components of a picture's colours: striate/data/color_jitter.py. */

/** @import { Picture } from "../engine/types.d.ts" */

const SAMPLED = 32; // pixels of each side that are looked at
const SWEEPS = 30;

/**
 * Each principal component of RGB values from 0 to 1, times its eigenvalue, in ascending order; its largest number is positive.
 * @param {Picture} picture
 * @param {number} copies of which the set is made
 */
export function principalComponents({ height, width, data }, copies) {
  const [down, across] = [Math.ceil(height / SAMPLED), Math.ceil(width / SAMPLED)];
  /** @type {number[][]} */
  const colours = [];
  for (let y = 0; y < height; y += down) {
    for (let x = 0; x < width; x += across) colours.push([0, 1, 2].map((channel) => data[(channel * height + y) * width + x] / 255));
  }
  const mean = [0, 1, 2].map((channel) => colours.reduce((sum, colour) => sum + colour[channel], 0) / colours.length);
  const covariance = [0, 1, 2].map((a) => [0, 1, 2].map((b) =>
    (copies * colours.reduce((sum, colour) => sum + (colour[a] - mean[a]) * (colour[b] - mean[b]), 0)) / (copies * colours.length - 1)));
  return eigenOf(covariance).map(({ value, vector }) => {
    const strongest = vector.reduce((most, number) => (Math.abs(number) > Math.abs(most) ? number : most), 0);
    return vector.map((number) => number * value * Math.sign(strongest));
  });
}

/**
 * The eigenvalues of a symmetric matrix with their vectors, in ascending order, by Jacobi's rotations.
 * @param {number[][]} matrix
 */
export function eigenOf(matrix) {
  const a = matrix.map((row) => [...row]), places = a.map((_, index) => index);
  const vectors = places.map((row) => places.map((column) => Number(row === column)));
  const pairs = places.flatMap((p) => places.slice(p + 1).map((q) => [p, q]));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [p, q] of pairs) {
      if (a[p][q] === 0) continue;
      const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]), t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
      const c = 1 / Math.sqrt(t * t + 1), s = t * c;
      for (const row of [...a, ...vectors]) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
      [a[p], a[q]] = [a[p].map((number, k) => c * number - s * a[q][k]), a[q].map((number, k) => s * a[p][k] + c * number)];
    }
  }
  return places.map((k) => ({ value: a[k][k], vector: vectors.map((row) => row[k]) })).sort((one, other) => one.value - other.value);
}
