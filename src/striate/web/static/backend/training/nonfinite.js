/** Where a number stopped being finite, searched once, after a step has failed: striate/training/nonfinite.py. */

import { forward } from "../../engine/network.js";
import { flatten } from "../../engine/plan.js";

/** @import { Network, Tensor } from "../../engine/types.d.ts" */

/**
 * The first row whose output is not finite for a batch, else the last parameter whose gradient is not.
 * @param {Network} network
 * @param {Tensor} images
 * @param {Map<string, Tensor>} gradients
 */
export function firstNonfinite(network, images, gradients) {
  const { outputs } = forward(network, images);
  const row = flatten(network.plan.steps).find(({ path }) => !isFinite(outputs.get(path)));
  if (row) return `the output of row ${row.path} is not finite first`;
  const name = [...gradients.keys()].reverse().find((one) => !isFinite(gradients.get(one)));
  return name ? `the gradient of ${name} is not finite first` : "the loss itself is not finite first";
}

/** @param {Tensor | undefined} tensor */
const isFinite = (tensor) => tensor === undefined || tensor.data.every(Number.isFinite);
