/** One step of a training: forward, the loss with that of the auxiliary heads, backward; the move is the optimizer's. */

import { lossOf } from "./losses.js";
import { backward, forward } from "./network.js";
import { tensor } from "./tensor.js";

/** @import { Network, Recipe, Tensor } from "./types.d.ts" */

/**
 * The loss of a batch and its gradients in the parameters; `total` is the loss with that of the heads.
 * @param {Network} network
 * @param {Recipe} recipe
 * @param {{ images: Tensor, labels: ArrayLike<number>, weights?: number[] | null }} batch weights are of the classes
 * @param {() => number} [random]
 */
export function gradientsOf(network, recipe, { images, labels, weights = null }, random) {
  const trace = forward(network, images, { isTraining: true, random });
  const { loss, gradient } = lossOf(recipe, trace.logits, labels, weights);
  let total = loss;
  const ofHeads = trace.heads.map((logits, index) => {
    const head = lossOf(recipe, logits, labels, weights), { weight } = network.plan.heads[index];
    total += weight * head.loss;
    return tensor(logits.shape, head.gradient.data.map((value) => value * weight));
  });
  const { parameters } = backward(network, trace, gradient, { ofHeads, ofParameters: true, ofImages: false });
  return { loss, total, logits: trace.logits, gradients: parameters };
}
