/** SGD and AdamW over a network's parameters, as torch has them. */

import { isTrained } from "./network.js";

/** @import { Network, Recipe, Tensor } from "./types.d.ts" */

const BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8; // the usual ones, as in torch

/**
 * An optimizer's step: it moves the parameters against their gradients, which it clips first if the recipe says so.
 * @param {Network} network
 * @param {Recipe} recipe
 * @returns {(gradients: Map<string, Tensor>, rate: number) => void}
 */
export function optimizerOf(network, recipe) {
  const trained = [...network.parameters].filter(([name]) => isTrained(name));
  const moments = new Map(trained.map(([name, { data }]) => [name, [new Float32Array(data.length), new Float32Array(data.length)]]));
  const move = recipe.optimizer.type === "SGD" ? sgd : adamW;
  let step = 0;
  return (gradients, rate) => {
    step += 1;
    const scale = clipScale(gradients, recipe.gradient_clip ?? null);
    for (const [name, parameter] of trained) {
      const isWeight = parameter.shape.length > 1;
      const decay = isWeight || recipe.decayed === "all" ? recipe.weight_decay : 0;
      const [first, second] = /** @type {Float32Array[]} */ (moments.get(name));
      const gradient = /** @type {Tensor} */ (gradients.get(name)).data;
      move({ data: parameter.data, gradient, scale, first, second, decay, rate, step, ...recipe.optimizer });
    }
  };
}

/**
 * @typedef {object} Move
 * @property {Float32Array} data
 * @property {Float32Array} gradient
 * @property {number} scale of the gradient
 * @property {Float32Array} first moment
 * @property {Float32Array} second
 * @property {number} decay
 * @property {number} rate
 * @property {number} step
 * @property {number} [momentum]
 * @property {boolean} [nesterov]
 */

/** @param {Move} move */
function sgd({ data, gradient, scale, first, decay, rate, momentum = 0, nesterov }) {
  for (let at = 0; at < data.length; at++) {
    const pull = gradient[at] * scale + decay * data[at];
    const velocity = momentum * first[at] + pull;
    first[at] = velocity;
    data[at] -= rate * (nesterov ? pull + momentum * velocity : velocity);
  }
}

/** @param {Move} move */
function adamW({ data, gradient, scale, first, second, decay, rate, step }) {
  const size = rate / (1 - BETA1 ** step), root = Math.sqrt(1 - BETA2 ** step), keep = 1 - rate * decay;
  for (let at = 0; at < data.length; at++) {
    const pull = gradient[at] * scale;
    const mean = BETA1 * first[at] + (1 - BETA1) * pull, square = BETA2 * second[at] + (1 - BETA2) * pull * pull;
    first[at] = mean;
    second[at] = square;
    data[at] = data[at] * keep - (size * mean) / (Math.sqrt(square) / root + EPSILON);
  }
}

/**
 * What brings the norm of all gradients to the bound, if it is above it.
 * @param {Map<string, Tensor>} gradients
 * @param {number | null} bound
 */
function clipScale(gradients, bound) {
  if (bound === null) return 1;
  let sum = 0;
  for (const { data } of gradients.values()) for (const value of data) sum += value * value;
  return Math.min(1, bound / (Math.sqrt(sum) + 1e-6));
}
