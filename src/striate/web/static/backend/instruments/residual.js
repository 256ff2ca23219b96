/**
 * A residual unit, or a plain block, over a picture, its weights times a factor; striate/web/lab/instruments/residual.py.
 */

import { initialize } from "../../engine/initialize.js";
import { backward, buildNetwork, forward } from "../../engine/network.js";
import { planTable } from "../../engine/plan.js";
import { normals } from "../../engine/random.js";
import { tensor } from "../../engine/tensor.js";
import { respondToImage } from "../models.js";
import { means, quantizeMaps } from "../quantize.js";
import { queryFlag, queryFloat, queryInt } from "../query.js";

/** @import { Routes } from "../types.d.ts" */
/** @import { Picture, Row, Tensor } from "../../engine/types.d.ts" */

/** @typedef {{ weight: number, plain: boolean, seed: number }} Block */

const MOST_WEIGHT = 2, MOST_SEED = 1e6;
const MOST_SIDE = 64;
const CHAIN = [1, 2, 4, 8, 16]; // after so many blocks the maps are sent
const INNER = 16; // maps between the two convolutions
const MAPS = 64; // of the lessons' example of a shortcut's weights: 64 maps become 128

/** @type {Row[]} */
const BODY = [
  { type: "Conv", name: "conv1", maps: INNER, kernel: 3, padding: 1, activation: "relu" },
  { type: "Conv", name: "conv2", maps: 1, kernel: 3, padding: 1 },
];

/** @param {string} name @param {string | null} activation @returns {Row} */
const batchNorm = (name, activation = null) => ({ type: "BatchNorm", name, epsilon: 1e-5, momentum: 0.1, activation });

/** The body of a unit that halves the size and doubles the maps. @type {Row[]} */
const HALVING = [
  { type: "Conv", name: "conv1", maps: 2, kernel: 3, stride: 2, padding: 1, bias: false }, batchNorm("bn1", "relu"),
  { type: "Conv", name: "conv2", maps: 2, kernel: 3, padding: 1, bias: false }, batchNorm("bn2"),
];
/** @type {Row[]} */
const PROJECTION = [{ type: "Conv", name: "conv", maps: 2, kernel: 1, stride: 2, bias: false }, batchNorm("bn")];
/** What a shortcut can be there: A strides and pads with zeros, B and C project. */
const OPTIONS = [
  { option: "A", shortcut: [{ type: "Identity", name: "identity", maps: 2, stride: 2 }], same: 0, changed: 0 },
  { option: "B", shortcut: PROJECTION, same: 0, changed: 2 * MAPS ** 2 },
  { option: "C", shortcut: PROJECTION, same: MAPS ** 2, changed: 2 * MAPS ** 2 },
];

/** @type {Routes} */
export const residualRoutes = {
  "POST instruments/residual": (backend, query, picture) => {
    const weight = queryFloat(query, "weight", 0, MOST_WEIGHT);
    const [plain, centred] = ["plain", "centred"].map((name) => queryFlag(query, name, 0));
    const seed = queryInt(query, "seed", 0, MOST_SEED, 0);
    return respondToImage(backend, query, picture, (_model, { fitted }) => blockOver(grayMap(fitted, centred), { weight, plain, seed }));
  },
};

/**
 * One block over a map, many one after the other, and the shortcuts across a change of size.
 * @param {Tensor} x
 * @param {Block} block
 */
function blockOver(x, block) {
  const { body, output } = runBlock(x, block);
  const chain = [output];
  for (let number = 1; number < CHAIN[CHAIN.length - 1]; number++) {
    chain.push(runBlock(chain[number - 1], { ...block, seed: block.seed + number }).output);
  }
  const change = output.data.map((value, at) => value - x.data[at]), size = norm(x.data);
  return {
    maps: packed([x, output, tensor(x.shape, change)]), difference: size ? norm(change) / size : 0,
    largest: change.reduce((most, value) => Math.max(most, Math.abs(value)), 0), negative: x.data.some((value) => value < 0),
    gradient: gradientThrough(body, output, block),
    chain: {
      blocks: CHAIN, maps: packed(CHAIN.map((number) => chain[number - 1])),
      sizes: CHAIN.map((number) => (size ? norm(chain[number - 1].data) / size : 0)),
    },
    options: optionsOf(x, block.seed),
  };
}

/** What two convolutions with a shortcut, or without, make of a map. @param {Tensor} x @param {Block} block */
function runBlock(x, { weight, plain, seed }) {
  const network = initialized(BODY, x, seed, weight), trace = forward(network, x);
  const sum = plain ? trace.logits.data : trace.logits.data.map((value, at) => value + x.data[at]);
  return { body: { network, trace }, output: tensor(x.shape, sum.map((value) => Math.max(0, value))) };
}

/**
 * A network by He's initialization, the weights of its convolutions times a factor; those of a shortcut as they are.
 * @param {Row[]} rows
 * @param {Tensor} x
 * @param {number} seed
 * @param {number} factor
 */
function initialized(rows, x, seed, factor) {
  const plan = planTable({ name: "unit", input: x.shape.slice(1), rows, initialization: { type: "He" } });
  const parameters = initialize(plan, seed);
  for (const [name, { data }] of parameters) {
    if (!name.includes(".shortcut.") && !name.includes(".norm.")) data.forEach((value, at) => { data[at] = value * factor; });
  }
  return buildNetwork(plan, parameters);
}

/**
 * How a block passes on the gradient of a random direction of norm 1: at its sum, and at its input by each path.
 * @param {ReturnType<typeof runBlock>["body"]} body
 * @param {Tensor} output
 * @param {Block} block
 */
function gradientThrough({ network, trace }, output, { plain, seed }) {
  const direction = normals(seed, output.data.length), length = norm(direction);
  const atSum = direction.map((value, at) => (output.data[at] > 0 ? value / length : 0));
  const atInput = backward(network, trace, tensor(output.shape, atSum)).images.data;
  const together = plain ? atInput : atInput.map((value, at) => value + atSum[at]);
  return {
    path: "unit", identity: !plain, at_sum: norm(atSum), shortcut: plain ? 0 : norm(atSum), body: norm(atInput), together: norm(together),
  };
}

/**
 * What a unit's shortcut passes on where the size halves and the maps double, the weights of its body 0; and the shortcut's weights in a
 * unit of 64 maps that keeps them, and in one that doubles them. Source: He et al. 2016, section 3.3.
 * @param {Tensor} x
 * @param {number} seed
 */
const optionsOf = (x, seed) => OPTIONS.map(({ option, shortcut, same, changed }) => {
  const unit = { type: "Add", name: "unit", body: HALVING, shortcut, activation: "relu" };
  return { option, maps: packed([forward(initialized([unit], x, seed, 0), x).logits]), same, changed };
});

/**
 * A picture as one map of values from 0 to 1, its longer side 64 at most; `centred` less their mean, so that some are negative.
 * @param {Picture} picture
 * @param {boolean} centred
 */
export function grayMap({ channels, height, width, data }, centred) {
  const size = height * width, longer = Math.max(height, width);
  const gray = Float32Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += data[channel * size + at];
    return sum / channels / 255;
  });
  const to = [height, width].map((side) => (longer > MOST_SIDE ? Math.max(1, Math.floor((side * MOST_SIDE) / longer)) : side));
  const values = means(gray, [height, width], to), mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return tensor([1, 1, ...to], centred ? values.map((value) => value - mean) : values);
}

/** Maps on one scale. @param {Tensor[]} maps of one size */
function packed(maps) {
  const [, , height, width] = maps[0].shape, count = maps.reduce((sum, { shape }) => sum + shape[1], 0);
  const together = new Float32Array(count * height * width);
  let at = 0;
  for (const { data } of maps) {
    together.set(data, at);
    at += data.length;
  }
  return quantizeMaps(together, [count, height, width], count, Math.max(height, width));
}

/** @param {Float32Array} values */
const norm = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
