/** The losses, with their gradients: cross entropy, and the two of LeCun et al. 1998 for an RBF output. */

import { tensor } from "./tensor.js";

/** @import { Recipe, Tensor } from "./types.d.ts" */

/** softmax of the numbers of an image, shifted by the largest, which changes nothing. @param {ArrayLike<number>} logits */
export function softmax(logits) {
  const largest = Math.max(...Array.from(logits));
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Class c weighs images / (classes * images of c), so that the mean weight of an image is 1. @param {number[]} counts */
export function balancedWeights(counts) {
  const images = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => images / (counts.length * Math.max(1, count)));
}

/**
 * The mean loss of a batch, and its gradient by the logits.
 * @param {Recipe} recipe
 * @param {Tensor} logits (N, classes)
 * @param {ArrayLike<number>} labels
 * @param {number[] | null} [weights] of the classes
 */
export function lossOf(recipe, logits, labels, weights = null) {
  const gradient = tensor(logits.shape);
  const [images, classes] = logits.shape;
  let loss = 0;
  const total = weights ? Array.from(labels).reduce((sum, label) => sum + weights[label], 0) : images;
  for (let image = 0; image < images; image++) {
    const row = logits.data.subarray(image * classes, (image + 1) * classes);
    const to = gradient.data.subarray(image * classes, (image + 1) * classes);
    loss += recipe.loss === "cross_entropy" ? crossEntropy(row, labels[image], to, recipe.label_smoothing ?? 0, weights)
      : rbfLoss(row, labels[image], to, recipe);
  }
  gradient.data.forEach((value, at) => { gradient.data[at] = value / total; });
  return { loss: loss / total, gradient };
}

/**
 * -sum of q log p: q has 1 - smoothing at the label, and the rest is shared by all classes, each times its weight.
 * @param {Float32Array} logits
 * @param {number} label
 * @param {Float32Array} gradient
 * @param {number} smoothing
 * @param {number[] | null} weights
 */
function crossEntropy(logits, label, gradient, smoothing, weights) {
  const probabilities = softmax(logits);
  const weightOf = (/** @type {number} */ index) => weights?.[index] ?? 1;
  const targets = Array.from(logits, (_, index) => weightOf(index) * (smoothing / logits.length + (index === label ? 1 - smoothing : 0)));
  const sum = targets.reduce((total, target) => total + target, 0);
  probabilities.forEach((probability, index) => { gradient[index] = sum * probability - targets[index]; });
  const logSum = logSumExp(logits);
  return targets.reduce((total, target, index) => total + target * (logSum - logits[index]), 0);
}

/**
 * Equation 8, y[label], or 9 with its rubbish class; the logits are -y.
 * @param {Float32Array} logits
 * @param {number} label
 * @param {Float32Array} gradient
 * @param {Recipe} recipe
 */
function rbfLoss(logits, label, gradient, { loss, rubbish }) {
  gradient[label] -= 1;
  if (loss === "rbf_mse") return -logits[label];
  const all = [...logits, -rubbish];
  softmax(all).forEach((share, index) => { if (index < logits.length) gradient[index] += share; });
  return -logits[label] + logSumExp(all);
}

/** @param {ArrayLike<number>} numbers */
function logSumExp(numbers) {
  const largest = Math.max(...Array.from(numbers));
  return largest + Math.log(Array.from(numbers).reduce((sum, number) => sum + Math.exp(number - largest), 0));
}
