/**
 * Gradient descent looks for a classic filter, from a picture before and after it; striate/web/lab/instruments/learned_filter.py and
 * striate/inspection/learned_filter.py.
 */

import { Generator, fillNormal } from "../../engine/random.js";
import { roundHalfEven } from "../../engine/rounding.js";
import { tensor } from "../../engine/tensor.js";
import { encodeBase64 } from "../base64.js";
import { eigenOf } from "../components.js";
import { respondToImage } from "../models.js";
import { runRow } from "../one-row.js";
import { quantizeMaps } from "../quantize.js";
import { RequestError, queryInt, queryWord } from "../query.js";
import { grayMap } from "./residual.js";

/** @import { Routes } from "../types.d.ts" */
/** @import { Tensor } from "../../engine/types.d.ts" */

/** After so many steps the kernel and its picture are sent. */
const STEPS = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200, 250, 300, 350, 400,
  450, 500,
];
const MOST_SEED = 1e6;
const SIDE = 3; // of the kernels
const MOMENTUM = 0.9;

/** @type {Routes} */
export const learnedFilterRoutes = {
  "POST instruments/learned-filter": (backend, query, picture) => {
    const { kernels } = backend.documents.get("filters"), target = queryWord(query, "target", Object.keys(kernels), "sobel_x");
    const seed = queryInt(query, "seed", 0, MOST_SEED, 0);
    return respondToImage(backend, query, picture, (_model, { fitted }) => descent(grayMap(fitted, false), kernels[target], seed));
  },
};

/**
 * The kernels on the way to a classic one: `losses` and `errors` of each step in `steps`, and the maps, on one scale: the picture filtered
 * by the target, then by each kernel.
 * @param {Tensor} gray
 * @param {number[][]} target
 * @param {number} seed
 */
function descent(gray, target, seed) {
  const [, , height, width] = gray.shape, wanted = target.flat();
  const path = learnFilter(gray, wanted, seed), shown = STEPS.map((step) => path[step]);
  const all = [wanted, ...shown.map(({ kernel }) => kernel)], shape = [all.length, 1, SIDE, SIDE];
  const row = { type: "Conv", name: "filter", maps: all.length, kernel: shape.slice(2), bias: false };
  const { output } = runRow("kernel", row, gray, new Map([["filter.weight", tensor(shape, Float32Array.from(all.flat()))]]));
  const lines = (/** @type {number[]} */ kernel) => target.map((_, y) => kernel.slice(y * SIDE, (y + 1) * SIDE));
  return {
    steps: STEPS, target, kernels: shown.map(({ kernel }) => lines(kernel)), losses: shown.map(({ loss }) => loss),
    errors: shown.map(({ kernel }) => Math.max(...kernel.map((weight, at) => Math.abs(weight - wanted[at])))),
    picture: { shape: gray.shape.slice(1), pixels: encodeBase64(Uint8Array.from(gray.data, (value) => roundHalfEven(value * 255))) },
    maps: quantizeMaps(output.data, output.shape.slice(1), all.length, Math.max(height, width)),
  };
}

/**
 * The kernels of a descent on the mean squared difference from a random one on, with Nesterov's momentum.
 * @param {Tensor} gray
 * @param {number[]} wanted
 * @param {number} seed
 */
function learnFilter(gray, wanted, seed) {
  if (gray.data.every((value) => value === gray.data[0])) {
    throw new RequestError("a filter cannot be learned from pictures without contrast");
  }
  const products = meanProducts(gray), start = new Float32Array(wanted.length);
  const rate = 1 / (2 * eigenOf(products)[wanted.length - 1].value);
  fillNormal(start, 1, new Generator(seed));
  let kernel = Array.from(start), velocity = wanted.map(() => 0);
  const path = [];
  for (let step = 0; step <= STEPS[STEPS.length - 1]; step++) {
    const difference = kernel.map((weight, at) => weight - wanted[at]);
    const gradient = products.map((line) => 2 * line.reduce((sum, product, at) => sum + product * difference[at], 0));
    path.push({ kernel, loss: gradient.reduce((sum, slope, at) => sum + (slope * difference[at]) / 2, 0) });
    velocity = velocity.map((speed, at) => MOMENTUM * speed + gradient[at]);
    kernel = kernel.map((weight, at) => weight - rate * (gradient[at] + MOMENTUM * velocity[at]));
  }
  return path;
}

/** The mean products of each two cells of all windows of a picture less its mean. @param {Tensor} gray */
function meanProducts({ shape: [, , height, width], data }) {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const cells = Array.from({ length: SIDE * SIDE }, (_, cell) => Math.floor(cell / SIDE) * width + (cell % SIDE));
  const products = cells.map(() => cells.map(() => 0)), rows = height - SIDE + 1, columns = width - SIDE + 1;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const window = cells.map((cell) => data[row * width + column + cell] - mean);
      for (let a = 0; a < window.length; a++) for (let b = 0; b < window.length; b++) products[a][b] += window[a] * window[b];
    }
  }
  return products.map((line) => line.map((sum) => sum / (rows * columns)));
}
