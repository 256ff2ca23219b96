/** Local response normalization, batch normalization, dropout. */

import { lrnReach } from "./equations.js";
import { tensor } from "./tensor.js";

/** @import { Kind, Step, Tensor } from "./types.d.ts" */

/**
 * b_i = a_i / (k + alpha * sum of a_j^2 over neighbouring maps)^beta. Source: Krizhevsky et al. 2012, section 3.3.
 * @type {Kind}
 */
export const localResponseNorm = {
  forward({ step }, input) {
    const output = tensor(input.shape);
    const scales = scalesOf(step, input);
    for (let at = 0; at < scales.length; at++) output.data[at] = input.data[at] * scales[at] ** -step.row.beta;
    return { output, saved: scales };
  },

  // da_j = g_j d_j^-beta - 2 alpha beta a_j * sum of g_i a_i d_i^(-beta - 1) over the maps i whose neighbour j is
  backward({ step, saved }, input, gradient) {
    const { beta } = step.row;
    const scales = /** @type {Float64Array} */ (saved);
    const back = tensor(input.shape);
    const shared = new Float64Array(scales.length);
    for (let at = 0; at < scales.length; at++) shared[at] = gradient.data[at] * input.data[at] * scales[at] ** (-beta - 1);
    const [before, after] = reachOf(step);
    const sums = sumsOver(step, input.shape[0], shared, after, before);
    const factor = 2 * alphaOf(step) * beta;
    for (let at = 0; at < scales.length; at++) {
      back.data[at] = gradient.data[at] * scales[at] ** -beta - factor * input.data[at] * sums[at];
    }
    return back;
  },
};

/** k + alpha * sum of squares, for each value. @param {Step} step @param {Tensor} input */
function scalesOf(step, input) {
  const squares = Float64Array.from(input.data, (value) => value * value);
  const [before, after] = reachOf(step);
  const [alpha, { k }] = [alphaOf(step), step.row];
  return sumsOver(step, input.shape[0], squares, before, after).map((sum) => k + alpha * sum);
}

/** @param {Step} step */
const reachOf = ({ row }) => lrnReach(row.size, row.convention);

/** @param {Step} step */
const alphaOf = ({ row }) => (row.convention === "torch" ? row.alpha / row.size : row.alpha);

/**
 * The sum over the maps from `before` maps before to `after` maps after, inside each group.
 * @param {Step} step
 * @param {number} images
 * @param {Float64Array} values
 * @param {number} before
 * @param {number} after
 */
function sumsOver({ row, input: [maps, height, width] }, images, values, before, after) {
  const [size, group] = [height * width, maps / row.groups];
  const sums = new Float64Array(values.length);
  for (let image = 0; image < images; image++) {
    for (let map = 0; map < maps; map++) {
      const first = map - (map % group);
      const to = (image * maps + map) * size;
      for (let other = Math.max(first, map - before); other <= Math.min(first + group - 1, map + after); other++) {
        const from = (image * maps + other) * size;
        for (let cell = 0; cell < size; cell++) sums[to + cell] += values[from + cell];
      }
    }
  }
  return sums;
}

/**
 * Batch normalization per map, or per unit: of the batch in training, of the running statistics else. Source: Ioffe and Szegedy 2015.
 * @type {Kind}
 */
export const batchNorm = {
  forward({ step, parameters, isTraining }, input) {
    const gain = parameters["norm.weight"].data, shift = parameters["norm.bias"].data;
    const statistics = isTraining ? batchStatistics(step, input) : runningStatistics(parameters, step.row.epsilon);
    if (isTraining) followBatch(step, parameters, statistics, input);
    const output = tensor(input.shape);
    forEachMap(step, input.shape[0], (map, from, to) => {
      const scale = gain[map] * statistics.inverse[map], offset = shift[map] - statistics.mean[map] * scale;
      for (let at = from; at < to; at++) output.data[at] = input.data[at] * scale + offset;
    });
    return { output, saved: statistics };
  },

  backward({ step, parameters, gradients, saved, isTraining }, input, gradient) {
    const gain = parameters["norm.weight"].data;
    const { mean, inverse } = /** @type {Statistics} */ (saved);
    const ofGain = new Float64Array(gain.length), ofShift = new Float64Array(gain.length);
    forEachMap(step, input.shape[0], (map, from, to) => {
      for (let at = from; at < to; at++) {
        ofGain[map] += gradient.data[at] * (input.data[at] - mean[map]) * inverse[map];
        ofShift[map] += gradient.data[at];
      }
    });
    const back = tensor(input.shape);
    const count = input.data.length / gain.length;
    forEachMap(step, input.shape[0], (map, from, to) => {
      const scale = gain[map] * inverse[map];
      for (let at = from; at < to; at++) {
        const normalized = (input.data[at] - mean[map]) * inverse[map];
        const ofBatch = isTraining ? (ofShift[map] + normalized * ofGain[map]) / count : 0; // the statistics depend on the input too
        back.data[at] = scale * (gradient.data[at] - ofBatch);
      }
    });
    ofGain.forEach((value, map) => {
      if (!gradients) return;
      gradients["norm.weight"].data[map] += value;
      gradients["norm.bias"].data[map] += ofShift[map];
    });
    return back;
  },
};

/** @typedef {{ mean: Float64Array, variance: Float64Array, inverse: Float64Array }} Statistics of each map; 1 / sqrt(variance + epsilon) */

/** @param {Step} step @param {Tensor} input @returns {Statistics} */
function batchStatistics(step, input) {
  const [maps] = step.input;
  const count = input.data.length / maps;
  const mean = new Float64Array(maps), variance = new Float64Array(maps);
  forEachMap(step, input.shape[0], (map, from, to) => {
    for (let at = from; at < to; at++) mean[map] += input.data[at] / count;
  });
  forEachMap(step, input.shape[0], (map, from, to) => {
    for (let at = from; at < to; at++) variance[map] += (input.data[at] - mean[map]) ** 2 / count;
  });
  return { mean, variance, inverse: variance.map((value) => 1 / Math.sqrt(value + step.row.epsilon)) };
}

/** @param {Record<string, Tensor>} parameters @param {number} epsilon @returns {Statistics} */
function runningStatistics(parameters, epsilon) {
  const mean = Float64Array.from(parameters["norm.running_mean"].data), variance = Float64Array.from(parameters["norm.running_var"].data);
  return { mean, variance, inverse: variance.map((value) => 1 / Math.sqrt(value + epsilon)) };
}

/**
 * Move the running statistics towards the batch's, as torch does: its variance divides by n - 1.
 * @param {Step} step
 * @param {Record<string, Tensor>} parameters
 * @param {Statistics} statistics
 * @param {Tensor} input
 */
function followBatch({ row: { momentum } }, parameters, { mean, variance }, input) {
  const runningMean = parameters["norm.running_mean"].data, runningVariance = parameters["norm.running_var"].data;
  const count = input.data.length / mean.length;
  parameters["norm.num_batches_tracked"].data[0] += 1;
  for (let map = 0; map < mean.length; map++) {
    runningMean[map] += momentum * (mean[map] - runningMean[map]);
    runningVariance[map] += momentum * ((variance[map] * count) / (count - 1) - runningVariance[map]);
  }
}

/** @param {Step} step @param {number} images @param {(map: number, from: number, to: number) => void} visit */
function forEachMap({ input: [maps, height = 1, width = 1] }, images, visit) {
  const size = height * width;
  for (let index = 0; index < images * maps; index++) visit(index % maps, index * size, (index + 1) * size);
}

/** In training each value is zeroed with probability `rate`, and the others scaled by 1 / (1 - rate). @type {Kind} */
export const dropout = {
  forward({ step, isTraining, random }, input) {
    const { rate } = step.row;
    if (!isTraining || !rate) return { output: input };
    const factors = input.data.map(() => (random() < rate ? 0 : 1 / (1 - rate)));
    return { output: tensor(input.shape, input.data.map((value, at) => value * factors[at])), saved: factors };
  },

  backward({ saved }, _input, gradient) {
    const factors = /** @type {Float32Array | undefined} */ (saved);
    return factors ? tensor(gradient.shape, gradient.data.map((value, at) => value * factors[at])) : gradient;
  },
};
