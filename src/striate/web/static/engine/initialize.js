/** The parameters of a network before it learns, by its table's scheme: striate/nn/initialize.py, number for number. */

import { flatten, product } from "./plan.js";
import { Generator, fillNormal, fillUniform } from "./random.js";
import { tensor } from "./tensor.js";

/** @import { Plan, Step, Tensor, Window } from "./types.d.ts" */

/**
 * @param {Plan} plan
 * @param {number} seed
 * @returns {Map<string, Tensor>}
 */
export function initialize({ table, steps, heads }, seed) {
  const generator = new Generator(seed);
  const scheme = table.initialization ?? { type: "ByActivation" };
  /** @type {Map<string, Tensor>} */
  const parameters = new Map();
  for (const step of flatten([...steps, ...heads.flatMap((head) => head.steps)])) {
    for (const [name, value] of Object.entries(parametersOf(step, scheme, generator))) parameters.set(`${step.path}.${name}`, value);
  }
  return parameters;
}

/** @param {Step} step @param {Scheme} scheme @param {Generator} generator @returns {Record<string, Tensor>} */
function parametersOf(step, scheme, generator) {
  const { row, path, input } = step;
  const filled = (/** @type {number} */ value, shape = [input[0]]) => tensor(shape, new Float32Array(product(shape)).fill(value));
  switch (row.type) {
    case "Conv": case "Dense": {
      const shape = weightShape(step), count = row.connections ? 0 : product(shape.slice(1));
      const area = product(shape.slice(-2));
      const fanIns = row.connections?.map((/** @type {number[]} */ sources) => sources.length * area) ?? [count];
      const ofWeights = row.connections?.flatMap((/** @type {number[]} */ sources, /** @type {number} */ map) =>
        sources.map(() => fanIns[map])) ?? fanIns;
      const weight = draw(tensor(shape), ofWeights, row, scheme, generator);
      if (row.bias === false) return { weight };
      return { weight, bias: drawBias(tensor([row.maps ?? row.units]), path, fanIns, row, scheme, generator) };
    }
    case "Subsample": {
      const area = product(/** @type {Window} */ (step.window).kernel);
      const weight = scheme.type === "LeCun" ? draw(filled(0), [area], row, scheme, generator) : filled(1 / area);
      return { weight, bias: drawBias(filled(0), path, [area], row, scheme, generator) };
    }
    case "BatchNorm": return {
      "norm.weight": filled(1), "norm.bias": filled(0), "norm.running_mean": filled(0), "norm.running_var": filled(1),
      "norm.num_batches_tracked": filled(0, []),
    };
    default: return {};
  }
}

/** @typedef {{ type: string, [field: string]: any }} Scheme */

/** @param {Step} step */
function weightShape({ row, input, window }) {
  if (row.type === "Dense") return [row.units, product(input)];
  const { kernel } = /** @type {Window} */ (window);
  return row.connections ? [row.connections.flat().length, ...kernel] : [row.maps, input[0] / (row.groups ?? 1), ...kernel];
}

/**
 * @param {Tensor} weight
 * @param {number[]} fanIns one for each part of the weight that has its own
 * @param {Step["row"]} row
 * @param {Scheme} scheme
 * @param {Generator} generator
 */
function draw(weight, fanIns, { activation }, scheme, generator) {
  const { data } = weight;
  const roots = fanIns.map((fanIn) => Math.fround(Math.sqrt(fanIn)));
  const uniform = (/** @type {number} */ most, divisors = roots) => (fillUniform(data, -most, most, generator), divide(data, divisors));
  const gaussian = (/** @type {number} */ deviation, divisors = [1]) => (fillNormal(data, deviation, generator), divide(data, divisors));
  switch (scheme.type) {
    case "LeCun": uniform(2.4, fanIns); break;
    case "ByActivation": gaussian(Math.sqrt(activation === "relu" ? 2 : 1), roots); break;
    case "He": gaussian(Math.sqrt(2), roots); break;
    case "Gaussian": gaussian(scheme.std ?? 0.01); break;
    case "Xavier": uniform(Math.sqrt(3)); break;
    default:
      if (scheme.weights === "normal") gaussian(0.01);
      else if (scheme.weights === "fan_out" && weight.shape.length === 4) gaussian(Math.sqrt(2 / (data.length / weight.shape[1])));
      else uniform(1);
  }
  return weight;
}

/**
 * @param {Tensor} bias
 * @param {string} path
 * @param {number[]} fanIns
 * @param {Step["row"]} row
 * @param {Scheme} scheme
 * @param {Generator} generator
 */
function drawBias(bias, path, fanIns, { activation }, scheme, generator) {
  if (scheme.type === "Gaussian") bias.data.fill(scheme.bias_one?.includes(path) ? 1 : 0);
  if (scheme.type === "Xavier") bias.data.fill(activation === "relu" ? scheme.bias ?? 0 : 0);
  if (scheme.type === "Torch") {
    fillUniform(bias.data, -1, 1, generator);
    divide(bias.data, fanIns.map((fanIn) => Math.fround(Math.sqrt(fanIn))));
  }
  return bias;
}

/** Divide by one number for each of equal parts. @param {Float32Array} data @param {number[]} divisors */
function divide(data, divisors) {
  const size = data.length / divisors.length;
  for (let at = 0; at < data.length; at++) data[at] /= divisors[Math.floor(at / size)];
}
