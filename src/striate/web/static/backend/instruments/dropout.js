/**
 * Thinned networks, their answers to a picture, their means, and the whole network; striate/web/lab/instruments/dropout.py.
 */

import { softmax } from "../../engine/losses.js";
import { forward } from "../../engine/network.js";
import { product } from "../../engine/plan.js";
import { Generator, fillUniform } from "../../engine/random.js";
import { cooled } from "../../engine/reliability.js";
import { roundHalfEven } from "../../engine/rounding.js";
import { imageOf, tensor } from "../../engine/tensor.js";
import { encodeBase64 } from "../base64.js";
import { checkLogits } from "../layers.js";
import { respondToImage, traceOf } from "../models.js";
import { RequestError, queryFloat, queryInt } from "../query.js";

/** @import { BackendModel, Routes, Sample } from "../types.d.ts" */
/** @import { Network, Plan, Step, Tensor } from "../../engine/types.d.ts" */

/**
 * @typedef {Map<string, Float32Array>} Masks what a row's values are multiplied by, by its name: those of each network after another
 */

const MOST_RATE = 0.95, MOST_DRAWS = 1024, MOST_SEED = 1e6;
const MASKS = 8, CELLS = 4096; // networks whose units are sent, and units of each at most
const CLASSES = 5;

/** @type {Routes} */
export const dropoutRoutes = {
  "POST instruments/dropout": (backend, query, picture) => {
    const rate = queryFloat(query, "rate", 0, MOST_RATE), draws = queryInt(query, "draws", 1, MOST_DRAWS);
    const seed = queryInt(query, "seed", 0, MOST_SEED, 0);
    return respondToImage(backend, query, picture, (model, sample) => thinnedNetworks(model, sample, { rate, draws, seed }));
  },
};

/**
 * The thinned networks for a picture: the rows whose units are dropped, the first networks, the classes.
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ rate: number, draws: number, seed: number }} options
 */
function thinnedNetworks(model, sample, { rate, draws, seed }) {
  const { network, reliability } = model, steps = droppedSteps(network.plan), generator = new Generator(seed);
  /** @type {Masks} */
  const masks = new Map(steps.map(({ row, output }) => {
    const uniform = new Float32Array(draws * product(output));
    fillUniform(uniform, 0, 1, generator);
    return [row.name, uniform.map((value) => (value >= Math.fround(rate) ? 1 / (1 - rate) : 0))];
  }));
  const meanMasks = new Map([...masks].map(([name, mask]) => [name, meanOf(mask, draws)]));
  const answersOf = (/** @type {Masks} */ mask, /** @type {number} */ count) =>
    logitsOf(network, sample.input, mask, count).map((each) => cooled(reliability, each));
  const [[whole], [meanMask]] = [new Map(), meanMasks].map((mask) => answersOf(mask, 1).map(softmax));
  const logits = answersOf(masks, draws), thinned = logits.map(softmax);
  const arithmetic = meanOverDraws(thinned), geometric = softmax(meanOverDraws(logits.map(logSoftmax)));
  const classes = shownClasses(whole, arithmetic);
  const answerOf = (/** @type {Float64Array} */ probabilities) => {
    const index = largestOf(probabilities);
    return {
      top: { class: model.classes[index], index, probability: probabilities[index] },
      probabilities: classes.map((one) => probabilities[one]),
    };
  };
  const trace = traceOf(model, sample);
  return {
    rows: steps.map((step) => rowDocument(step, /** @type {Tensor} */ (trace.outputs.get(step.path)).data, rate,
      /** @type {Float32Array} */ (masks.get(step.row.name)), draws)),
    draws, exact: isSoftmaxBehind(network.plan, steps), networks: thinned.slice(0, MASKS).map(answerOf),
    classes: classes.map((index) => ({ class: model.classes[index], index })),
    answers: {
      arithmetic: answerOf(arithmetic), geometric: answerOf(geometric), mean_mask: answerOf(meanMask), whole: answerOf(whole),
    },
    votes: classes.map((index) => thinned.filter((answer) => largestOf(answer) === index).length),
    gaps: { geometric: gapOf(geometric, meanMask), arithmetic: gapOf(arithmetic, whole), sample: gapOf(geometric, whole) },
  };
}

/**
 * The dropout rows of the top level; without one the row before the classifier.
 * @param {Plan} plan
 * @returns {Step[]}
 */
function droppedSteps({ table, steps }) {
  const dropouts = steps.filter(({ row }) => row.type === "Dropout");
  if (dropouts.length) return dropouts;
  const classifier = steps.reduce((last, { row }, index) => (row.type === "Dense" || row.type === "RBF" ? index : last), 0);
  if (classifier === 0) {
    throw new RequestError(`table ${table.name}: has no row before its last Dense or RBF, so it has no features`);
  }
  return [steps[classifier - 1]];
}

/**
 * Whether one softmax layer alone is behind the only row whose values are dropped.
 * @param {Plan} plan
 * @param {Step[]} dropped
 */
function isSoftmaxBehind({ steps }, dropped) {
  const [first, ...others] = steps.slice(steps.indexOf(dropped[0]) + 1).map(({ row }) => row);
  const isSoftmax = first?.type === "RBF" || (first?.type === "Dense" && [undefined, null, "softmax"].includes(first.activation));
  return isSoftmax && !others.length && dropped.length === 1;
}

/**
 * The logits of each network whose rows' values are multiplied by masks. One picture goes as far as the first mask.
 * @param {Network} network
 * @param {Tensor} input
 * @param {Masks} masks
 * @param {number} draws
 */
function logitsOf(network, input, masks, draws) {
  let x = input, from = 0;
  const run = (/** @type {number} */ to) => {
    x = forward({ ...network, plan: { ...network.plan, steps: network.plan.steps.slice(from, to), heads: [] } }, x).logits;
    from = to;
  };
  for (const [name, mask] of masks) {
    run(network.plan.steps.findIndex(({ row }) => row.name === name) + 1);
    const values = x.data;
    x = tensor([draws, ...x.shape.slice(1)], mask.map((factor, at) => factor * values[at % values.length]));
  }
  run(network.plan.steps.length);
  checkLogits(x);
  return Array.from({ length: x.shape[0] }, (_, index) => Float64Array.from(imageOf(x, index)));
}

/** @param {Float64Array} logits */
function logSoftmax(logits) {
  const largest = Math.max(...logits), sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return logits.map((logit) => logit - largest - Math.log(sum));
}

/** @param {Float64Array[]} draws numbers for each class */
const meanOverDraws = (draws) =>
  draws[0].map((_, index) => draws.reduce((sum, values) => sum + values[index], 0) / draws.length);

/** The mean of the masks of all networks. @param {Float32Array} masks @param {number} draws */
function meanOf(masks, draws) {
  const size = masks.length / draws, mean = new Float64Array(size);
  for (let at = 0; at < masks.length; at++) mean[at % size] += masks[at] / draws;
  return Float32Array.from(mean);
}

/**
 * The first units of a row: their values as shares of the largest, as bytes; for each network a byte a unit: 1 where the unit stays.
 * @param {Step} step
 * @param {Float32Array} values
 * @param {number} rate
 * @param {Float32Array} masks
 * @param {number} draws
 */
function rowDocument({ path }, values, rate, masks, draws) {
  const cells = values.subarray(0, CELLS), largest = cells.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const shown = Array.from({ length: Math.min(MASKS, draws) }, (_, index) =>
    Uint8Array.from(masks.subarray(index * values.length, (index + 1) * values.length), (factor) => (factor > 0 ? 1 : 0)));
  return {
    path, rate, units: values.length, shown: cells.length,
    values: encodeBase64(Uint8Array.from(cells, (value) => roundHalfEven((value / largest) * 127 + 128))),
    kept: shown.map((mask) => encodeBase64(mask.subarray(0, CELLS))), counts: shown.map((mask) => mask.reduce((sum, one) => sum + one, 0)),
  };
}

/**
 * The classes that are most probable by the whole network or by the mean, the whole network's first.
 * @param {Float64Array} whole
 * @param {Float64Array} mean
 */
function shownClasses(whole, mean) {
  const both = whole.map((value, index) => Math.max(value, mean[index]));
  const best = Array.from(both, (_, index) => index).sort((a, b) => both[b] - both[a] || a - b).slice(0, CLASSES);
  return best.sort((a, b) => whole[b] - whole[a]);
}

/** @param {Float64Array} values */
const largestOf = (values) => values.indexOf(Math.max(...values));

/** The largest difference of two probabilities. @param {Float64Array} first @param {Float64Array} second */
const gapOf = (first, second) => first.reduce((most, value, index) => Math.max(most, Math.abs(value - second[index])), 0);
