/** How much each pixel counts for a class, as captum computes it for the server: striate/inspection/attribution.py. */

import { backward, forward } from "../engine/network.js";
import { product } from "../engine/plan.js";
import { probabilitiesOf } from "../engine/reliability.js";
import { tensor } from "../engine/tensor.js";
import { encodeBase64 } from "./base64.js";
import { checkLogits, classRanking, inputDocument } from "./layers.js";
import { respondToImage } from "./models.js";
import { quantizeMaps } from "./quantize.js";
import { RequestError, queryInt, queryWord } from "./query.js";

/** @import { BackendModel, Routes, Sample } from "./types.d.ts" */
/** @import { Network, Plan, Step, TableDocument, Tensor, Trace } from "../engine/types.d.ts" */

const METHODS = ["saliency", "integrated_gradients", "occlusion", "grad_cam"];
const MAPS = ["Conv", "Concat", "Add", "BatchNorm"]; // pooling and dropout do not count
const STEPS = 200, SLOW_STEPS = 24, SLOW_MACS = 1e8; // of integrated gradients
const SAME = 1e-4; // of the largest: cells whose values differ by less are the same, but for rounding
const MOST_CLASSES = 1e6;

/** @type {Routes} */
export const whyRoutes = {
  "POST why": (backend, query, picture) => {
    const method = queryWord(query, "method", METHODS);
    const target = "class" in query ? queryInt(query, "class", 0, MOST_CLASSES) : null;
    return respondToImage(backend, query, picture, (model, sample) => whyDocument(model, sample, { method, target }));
  },
};

/**
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ method: string, target?: number | null }} options the class, the most probable if none is given
 */
export function whyDocument(model, sample, { method, target = null }) {
  const { network } = model, { plan } = network, [, height, width] = plan.table.input;
  if (target !== null && target >= model.classes.length) {
    throw new RequestError(`class: expected a whole number from 0 to ${model.classes.length - 1}`);
  }
  const probabilities = probabilitiesOf(model, checkLogits(forward(network, sample.input).logits));
  const index = target ?? probabilities.indexOf(Math.max(...probabilities));
  const { values, path } = attribute(model, sample.input, index, method);
  const pixel = (/** @type {number} */ at) => ({ value: values[at], row: Math.floor(at / width), column: at % width });
  return {
    input: inputDocument(sample), top: classRanking(model, probabilities), methods: lastMaps(plan) ? METHODS : METHODS.slice(0, -1), method,
    class: { index, name: model.classes[index] }, path,
    map: quantizeMaps(values, [1, height, width], 1, Math.max(height, width)),
    least: pixel(values.indexOf(values.reduce((a, b) => Math.min(a, b)))),
    most: pixel(values.indexOf(values.reduce((a, b) => Math.max(a, b)))),
    ...(path ? { evident: evidentPixels(network, sample.input, path) } : {}),
  };
}

/**
 * The attribution of each pixel, summed over the channels.
 * @param {BackendModel} model
 * @param {Tensor} input (1, channels, height, width)
 * @param {number} target
 * @param {string} method
 * @returns {{ values: Float32Array, path: string | null }}
 */
function attribute(model, input, target, method) {
  const { network } = model, { table } = network.plan;
  switch (method) {
    case "saliency": {
      const { images } = backwardOf(network, input, target);
      return { values: overChannels(table, images.data.map(Math.abs)), path: null };
    }
    case "integrated_gradients": return { values: overChannels(table, integratedGradients(model, input, target)), path: null };
    case "occlusion": return { values: overChannels(table, occlusion(network, input, target)), path: null };
    default: {
      const step = /** @type {Step} */ (lastMaps(network.plan));
      return { values: gradCam(network, input, target, step), path: step.path };
    }
  }
}

/**
 * The row whose maps Grad-CAM weights: the last at the top level that makes maps of more than one cell.
 * @param {Plan} plan
 * @returns {Step | null}
 */
function lastMaps({ steps }) {
  const makes = (/** @type {Step} */ { row, output }) =>
    MAPS.includes(row.type) && output.length === 3 && Math.max(output[1], output[2]) > 1;
  return [...steps].reverse().find(makes) ?? null;
}

/** The pass back from one logit of each image. @param {Network} network @param {Tensor} images @param {number} target */
function backwardOf(network, images, target) {
  const trace = forward(network, images);
  const ofLogits = tensor(trace.logits.shape), classes = ofLogits.shape[1];
  for (let image = 0; image < ofLogits.shape[0]; image++) ofLogits.data[image * classes + target] = 1;
  return { ...backward(network, trace, ofLogits), trace };
}

/** The sum over the channels. @param {TableDocument} table @param {Float32Array} values */
function overChannels({ input: [channels, height, width] }, values) {
  const size = height * width;
  return Float32Array.from({ length: size }, (_, at) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += values[channel * size + at];
    return sum;
  });
}

/**
 * Black where the table's pictures are light on dark; elsewhere the mean of the training pictures.
 * @param {TableDocument} table
 * @returns {Tensor}
 */
function baselineOf({ input: [channels, height, width], preprocessing: { light_on_dark, mean, std } }) {
  const baseline = tensor([1, channels, height, width]);
  if (!light_on_dark) return baseline;
  baseline.data.forEach((_, at) => {
    const channel = Math.floor(at / (height * width));
    baseline.data[at] = -(mean[channel] ?? mean[0]) / (std[channel] ?? std[0]);
  });
  return baseline;
}

/**
 * Sundararajan et al. 2017, equation 1, by Gauss and Legendre's quadrature.
 * @param {BackendModel} model
 * @param {Tensor} input
 * @param {number} target
 */
function integratedGradients({ network, macs }, input, target) {
  const baseline = baselineOf(network.plan.table);
  const difference = input.data.map((value, at) => value - baseline.data[at]);
  const sum = new Float64Array(input.data.length);
  for (const { place, weight } of quadrature(macs < SLOW_MACS ? STEPS : SLOW_STEPS)) {
    const between = tensor(input.shape, baseline.data.map((value, at) => value + place * difference[at]));
    backwardOf(network, between, target).images.data.forEach((gradient, at) => { sum[at] += weight * gradient; });
  }
  return difference.map((value, at) => value * sum[at]);
}

/** Places in [0, 1] and their weights: the roots of a Legendre polynomial, by Newton's method. @param {number} count */
function quadrature(count) {
  return Array.from({ length: count }, (_, index) => {
    let x = Math.cos((Math.PI * (index + 0.75)) / (count + 0.5)), slope = 1;
    for (let round = 0; round < 20; round++) {
      let [before, value] = [0, 1];
      for (let degree = 1; degree <= count; degree++) {
        [before, value] = [value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree];
      }
      slope = (count * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return { place: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
}

/**
 * How much the logit falls under a gray patch, the mean over the patches that cover a pixel.
 * @param {Network} network
 * @param {Tensor} input
 * @param {number} target
 */
function occlusion(network, input, target) {
  const { table } = network.plan, [channels, height, width] = table.input;
  const baseline = baselineOf(table);
  const whole = forward(network, input).logits.data[target];
  const sum = new Float64Array(input.data.length), count = new Float64Array(input.data.length);
  const [rows, columns] = [patchesOf(height), patchesOf(width)];
  for (const [top, bottom] of rows) {
    for (const [left, right] of columns) {
      const places = [];
      for (let channel = 0; channel < channels; channel++) {
        for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) places.push((channel * height + y) * width + x);
      }
      const occluded = tensor(input.shape, input.data.slice());
      for (const at of places) occluded.data[at] = baseline.data[at];
      const fall = whole - forward(network, occluded).logits.data[target];
      for (const at of places) [sum[at], count[at]] = [sum[at] + fall, count[at] + 1];
    }
  }
  return Float32Array.from(sum, (total, at) => total / count[at]);
}

/** The patches along a side: a fifth of it, about 8 of them. @param {number} side */
function patchesOf(side) {
  const size = Math.max(1, Math.floor(side / 5)), stride = Math.max(1, Math.floor((2 * size) / 3));
  const count = Math.ceil((side - size) / stride) + 1;
  return Array.from({ length: count }, (_, index) => [index * stride, Math.min(side, index * stride + size)]);
}

/**
 * The maps of a row, each times its mean gradient, summed, not below 0, at the input's size. Source: Selvaraju et al. 2017.
 * @param {Network} network
 * @param {Tensor} input
 * @param {number} target
 * @param {Step} step
 */
function gradCam(network, input, target, step) {
  const { trace, outputs } = backwardOf(network, input, target);
  const gradient = /** @type {Tensor} */ (outputs.get(step.path)).data, maps = outputOf(trace, step);
  const size = product(step.output.slice(1));
  const sum = new Float32Array(size);
  for (let map = 0; map < step.output[0]; map++) {
    const weight = gradient.subarray(map * size, (map + 1) * size).reduce((total, value) => total + value, 0) / size;
    for (let cell = 0; cell < size; cell++) sum[cell] += weight * maps[map * size + cell];
  }
  return enlarged(sum.map((value) => Math.max(0, value)), step.output.slice(1), network.plan.table.input.slice(1));
}

/** @param {Trace} trace @param {Step} step */
const outputOf = (trace, step) => /** @type {Tensor} */ (trace.outputs.get(step.path)).data;

/** Bilinear, as torch interpolates. @param {Float32Array} values @param {number[]} from @param {number[]} to */
function enlarged(values, [height, width], [tall, wide]) {
  const along = (/** @type {number} */ index, /** @type {number} */ side, /** @type {number} */ target) => {
    const place = Math.max(0, ((index + 0.5) * side) / target - 0.5), first = Math.floor(place);
    return { first, second: Math.min(side - 1, first + 1), share: place - first };
  };
  return Float32Array.from({ length: tall * wide }, (_, at) => {
    const [y, x] = [along(Math.floor(at / wide), height, tall), along(at % wide, width, wide)];
    const row = (/** @type {number} */ line) => values[line * width + x.first] * (1 - x.share) + values[line * width + x.second] * x.share;
    return row(y.first) * (1 - y.share) + row(y.second) * y.share;
  });
}

/**
 * A byte for each pixel: 1 where a row's maps differ from those for an empty picture.
 * @param {Network} network
 * @param {Tensor} input
 * @param {string} path
 */
function evidentPixels(network, input, path) {
  const { table, steps } = network.plan;
  const step = /** @type {Step} */ (steps.find((one) => one.path === path));
  const maps = outputOf(forward(network, input), step), empty = outputOf(forward(network, baselineOf(table)), step);
  const largest = maps.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [channels, height, width] = step.output, size = height * width;
  const differs = Array.from({ length: size }, (_, cell) => {
    for (let map = 0; map < channels; map++) if (Math.abs(maps[map * size + cell] - empty[map * size + cell]) > SAME * largest) return 1;
    return 0;
  });
  const [, tall, wide] = table.input;
  return encodeBase64(Uint8Array.from({ length: tall * wide }, (_, at) =>
    differs[Math.floor((Math.floor(at / wide) * height) / tall) * width + Math.floor(((at % wide) * width) / wide)]));
}
