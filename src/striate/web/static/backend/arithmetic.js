/**
 * The arithmetic of one unit for each kind of row, in double precision from the row's input: for a convolution the notes' convolution
 * sum; striate/inspection/arithmetic.py. A unit is (map, row, column), or (unit,) after a Dense.
 */

import { activated } from "../engine/activations.js";
import { denseWeight } from "../engine/convolution.js";
import { prototypesOf } from "../engine/dense.js";
import { lrnReach } from "../engine/equations.js";
import { adaptiveWindowsOf, product } from "../engine/plan.js";

/** @import { TraceStep, UnitTrace } from "./types.d.ts" */
/** @import { Network, Step, Tensor, Trace, Window } from "../engine/types.d.ts" */

/**
 * @typedef {(step: Step, parameters: Record<string, Tensor>, x: Float32Array, unit: number[]) => UnitTrace} Arithmetic
 */

/**
 * How a unit's value is computed, from what the rows computed for one image.
 * @param {Network} network
 * @param {Step} step
 * @param {number[]} unit
 * @param {Trace} activations
 * @returns {UnitTrace}
 */
export function traceUnit(network, step, unit, activations) {
  const x = /** @type {Tensor} */ (activations.inputs.get(step.path)).data;
  const ends = step.branches.map((branch) => branch[branch.length - 1] ?? null);
  const outputOf = (/** @type {Step} */ { path }) => /** @type {Tensor} */ (activations.outputs.get(path)).data;
  switch (step.row.type) {
    case "Concat": return concatenated(ends, outputOf, unit);
    case "Add": {
      const [body, shortcut] = ends.map((end) => (end ? outputOf(end) : x)[placeIn(step.output, unit)]);
      return added(step, body, shortcut);
    }
    default: return (ARITHMETIC[step.row.type] ?? identity)(step, network.parametersOf.get(step.path) ?? {}, x, unit);
  }
}

/** z = b + sum of x w over the window, then the activation. @type {Arithmetic} */
const convolution = (step, { weight, bias }, x, [k, ...place]) => {
  const { row, input: [maps] } = step, window = /** @type {Window} */ (step.window);
  const area = product(window.kernel), dense = denseWeight(step, weight);
  const groups = row.groups ?? 1, own = maps / groups, first = Math.floor(k / (row.maps / groups)) * own;
  const read = row.connections ? row.connections[k] : Array.from({ length: own }, (_, index) => first + index);
  const perMap = row.connections ? maps : own;
  const weights = new Float64Array(read.length * area);
  read.forEach((/** @type {number} */ map, /** @type {number} */ index) => {
    const kernel = k * perMap + (row.connections ? map : index);
    weights.set(dense.subarray(kernel * area, (kernel + 1) * area), index * area);
  });
  const cells = windowOf(step, x, read, place, 0);
  const products = cells.window.map((value, at) => value * weights[at]);
  return { ...cells, steps: weightedSum(products, bias?.data[k], row.activation), weights, products };
};

/** The weighted sum of all inputs, maps flattened one after the other, then the activation. @type {Arithmetic} */
const dense = ({ row, input }, { weight, bias }, x, [unit]) => {
  const inputs = product(input), window = Float64Array.from(x);
  const weights = Float64Array.from(weight.data.subarray(unit * inputs, (unit + 1) * inputs));
  const products = window.map((value, at) => value * weights[at]);
  return {
    shape: [inputs], window, steps: weightedSum(products, bias?.data[unit], row.activation), maps: [], corner: null, weights, products,
  };
};

/** The largest value of the window or its mean, without the padding; or LeNet-5's subsampling. @type {Arithmetic} */
const pooling = (step, { weight, bias }, x, [k, ...place]) => {
  const cells = windowOf(step, x, [k], place, NaN);
  const inside = cells.window.filter((value) => !Number.isNaN(value)), count = inside.filter(Number.isFinite).length;
  const total = sumOf(inside);
  /** @type {TraceStep[]} */
  let steps;
  switch (step.row.type) {
    case "MaxPool": steps = [{ kind: "largest", value: Math.max(...inside), operands: [count] }]; break;
    case "AveragePool": steps = [{ kind: "mean", value: total / inside.length, operands: [count] }]; break;
    default: {
      const coefficient = weight.data[k], shift = bias.data[k];
      steps = [
        { kind: "cells", value: total, operands: [count] },
        { kind: "coefficient", value: total * coefficient, operands: [coefficient] },
        { kind: "map_bias", value: total * coefficient + shift, operands: [shift] },
      ];
    }
  }
  return { ...cells, steps: withActivation(steps, step.row.activation), weights: null, products: null };
};

/** The mean of the cells of the unit's bin. @type {Arithmetic} */
const adaptivePooling = (step, _parameters, x, [k, i, j]) => {
  const [, height, width] = step.input;
  const [top, bottom] = adaptiveWindowsOf(step, 0)[i], [left, right] = adaptiveWindowsOf(step, 1)[j];
  const window = new Float64Array((bottom - top) * (right - left));
  window.forEach((_, at) => {
    window[at] = x[(k * height + top + Math.floor(at / (right - left))) * width + left + (at % (right - left))];
  });
  const steps = [{ kind: "mean", value: sumOf(window) / window.length, operands: [window.length] }];
  return { shape: [1, bottom - top, right - left], window, steps, maps: [k], corner: [top, left], weights: null, products: null };
};

/** (x - mean) / sqrt(variance + epsilon), scaled, shifted, then the activation. @type {Arithmetic} */
const batchNorm = ({ row, input }, parameters, x, unit) => {
  const [mean, variance, scale, shift] = ["norm.running_mean", "norm.running_var", "norm.weight", "norm.bias"]
    .map((name) => parameters[name].data[unit[0]]);
  const centred = x[placeIn(input, unit)] - mean, deviation = Math.sqrt(variance + row.epsilon), standard = centred / deviation;
  const steps = [
    { kind: "centred", value: centred, operands: [mean] },
    { kind: "standardized", value: standard, operands: [deviation] },
    { kind: "scaled", value: standard * scale, operands: [scale] },
    { kind: "shifted", value: standard * scale + shift, operands: [shift] },
  ];
  return oneCell(x, input, unit, withActivation(steps, row.activation));
};

/** a / (k + alpha * sum of a_j^2 over neighbouring maps j)^beta. @type {Arithmetic} */
const responseNorm = ({ row, input }, _parameters, x, [map, i, j]) => {
  const own = input[0] / row.groups, first = map - (map % own), [before, after] = lrnReach(row.size, row.convention);
  const low = Math.max(first, map - before), high = Math.min(first + own - 1, map + after);
  const maps = Array.from({ length: high - low + 1 }, (_, index) => low + index);
  const window = Float64Array.from(maps, (one) => x[placeIn(input, [one, i, j])]);
  const alpha = row.convention === "torch" ? row.alpha / row.size : row.alpha, value = x[placeIn(input, [map, i, j])];
  const squares = window.reduce((sum, one) => sum + one * one, 0), total = row.k + alpha * squares;
  const steps = [
    { kind: "squares", value: squares, operands: [low, high] },
    { kind: "damping", value: total, operands: [row.k, alpha] },
    { kind: "damped", value: value * total ** -row.beta, operands: [value, row.beta] },
  ];
  return { shape: [maps.length, 1, 1], window, steps, maps, corner: [i, j], weights: null, products: null };
};

/** Minus the squared distance from the class's prototype. @type {Arithmetic} */
const rbf = (step, _parameters, x, [unit]) => {
  const window = Float64Array.from(x), weights = Float64Array.from(prototypesOf(step)[unit]);
  const products = window.map((value, at) => (value - weights[at]) ** 2), total = sumOf(products);
  const steps = [{ kind: "distance", value: total, operands: [products.length] }, { kind: "negated", value: -total }];
  return { shape: [x.length], window, steps, maps: [], corner: null, weights, products };
};

/** The cell of the input itself, every stride-th of a map; zero in the maps beyond the input's. @type {Arithmetic} */
const identity = ({ input, window }, _parameters, x, [map, ...place]) => {
  if (map >= input[0]) {
    const steps = [{ kind: "zero", value: 0 }];
    return { shape: [1, 1, 1], window: new Float64Array(1), steps, maps: [], corner: null, weights: null, products: null };
  }
  const from = [map, ...place.map((index, axis) => index * (window?.stride[axis] ?? 1))];
  return oneCell(x, input, from, [{ kind: "same", value: x[placeIn(input, from)] }]);
};

/** @type {Record<string, Arithmetic>} */
const ARITHMETIC = {
  Conv: convolution, Dense: dense, MaxPool: pooling, AveragePool: pooling, Subsample: pooling, AdaptiveAveragePool: adaptivePooling,
  BatchNorm: batchNorm, LRN: responseNorm, RBF: rbf,
};

/**
 * body(x) + shortcut(x), then the activation.
 * @param {Step} step
 * @param {number} body
 * @param {number} shortcut
 * @returns {UnitTrace}
 */
function added({ row }, body, shortcut) {
  const steps = [{ kind: "body", value: body }, { kind: "shortcut", value: body + shortcut, operands: [shortcut] }];
  return {
    shape: [2], window: Float64Array.of(body, shortcut), steps: withActivation(steps, row.activation), maps: [], corner: null,
    weights: null, products: null,
  };
}

/**
 * The unit of the branch that the map comes from.
 * @param {Step[]} ends the last row of each branch
 * @param {(step: Step) => Float32Array} outputOf
 * @param {number[]} unit
 * @returns {UnitTrace}
 */
function concatenated(ends, outputOf, [map, ...place]) {
  let k = map, index = 0;
  while (k >= ends[index].output[0]) k -= ends[index++].output[0];
  const { output } = ends[index], x = outputOf(ends[index]), unit = [k, ...place];
  return oneCell(x, output, unit, [{ kind: "branch", value: x[placeIn(output, unit)], operands: [k, index + 1] }]);
}

/**
 * The cells under a window (maps, rows, columns), and the place of the first one.
 * @param {Step} step
 * @param {Float32Array} x
 * @param {number[]} maps
 * @param {number[]} place
 * @param {number} fill of the padding
 */
function windowOf({ input: [, height, width], window }, x, maps, place, fill) {
  const { kernel, stride, padding, dilation } = /** @type {Window} */ (window);
  const corner = place.map((index, axis) => index * stride[axis] - padding[axis][0]);
  const cells = new Float64Array(maps.length * product(kernel));
  let at = 0;
  for (const map of maps) {
    for (let u = 0, y = corner[0]; u < kernel[0]; u++, y += dilation[0]) {
      for (let v = 0, column = corner[1]; v < kernel[1]; v++, column += dilation[1]) {
        const isInside = y >= 0 && y < height && column >= 0 && column < width;
        cells[at++] = isInside ? x[(map * height + y) * width + column] : fill;
      }
    }
  }
  return { shape: [maps.length, ...kernel], window: cells, maps, corner };
}

/**
 * The trace of a unit that reads one cell only.
 * @param {Float32Array} x
 * @param {number[]} shape
 * @param {number[]} place
 * @param {TraceStep[]} steps
 * @returns {UnitTrace}
 */
function oneCell(x, shape, place, steps) {
  const window = Float64Array.of(x[placeIn(shape, place)]), [map, ...corner] = place;
  const isMap = place.length === 3;
  return {
    shape: isMap ? [1, 1, 1] : [1], window, steps, maps: isMap ? [map] : [], corner: isMap ? corner : null, weights: null, products: null,
  };
}

/** @param {Float64Array} products @param {number | undefined} bias @param {string | null} [activation] */
function weightedSum(products, bias, activation) {
  const total = sumOf(products);
  const steps = [{ kind: "products", value: total, operands: [products.length] }];
  if (bias !== undefined) steps.push({ kind: "bias", value: total + bias, operands: [bias] });
  return withActivation(steps, activation);
}

/**
 * A softmax is left to the loss: the network gives logits.
 * @param {TraceStep[]} steps
 * @param {string | null} [activation]
 */
function withActivation(steps, activation) {
  if (!activation || activation === "softmax") return steps;
  return [...steps, { kind: activation, value: activated(steps[steps.length - 1].value, activation) }];
}

/** Where a unit is among the numbers of an image. @param {number[]} shape @param {number[]} unit */
export const placeIn = (shape, unit) => unit.reduce((at, index, axis) => at * shape[axis] + index, 0);

/** @param {Float64Array} values */
const sumOf = (values) => values.reduce((sum, value) => sum + value, 0);
