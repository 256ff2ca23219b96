/**
 * Calibrated probabilities; how far a picture is from the training data, and whether that is more than a model's threshold:
 * striate/nn/reliability.py.
 */

import { softmax } from "./losses.js";
import { product } from "./plan.js";

/** @import { Reliability, Tensor } from "./types.d.ts" */

const LEAST_LENGTH = 1e-12;

/**
 * The probabilities of an image's logits, as `predict` gives them; without calibration the temperature is 1.
 * @param {{ reliability?: Reliability }} model
 * @param {ArrayLike<number>} logits
 */
export const probabilitiesOf = ({ reliability }, logits) => softmax(cooled(reliability, logits));

/** Logits divided by the model's temperature. @param {Reliability | undefined} reliability @param {ArrayLike<number>} logits */
export const cooled = (reliability, logits) => Float64Array.from(logits, (logit) => logit / (reliability?.temperature ?? 1));

/**
 * Whether the maps of one picture, of the row that tells, are less like the training data than nearly all of it.
 * @param {NonNullable<Reliability["distance"]>} distance
 * @param {number} threshold
 * @param {Tensor} maps (1, maps, height, width)
 */
export function isNoneOfThese(distance, threshold, maps) {
  const features = unitLength(mapStatistics(maps));
  const whitening = decode(distance.whitening), centres = decode(distance.centres), { length } = features;
  const whitened = features.map((_, row) => {
    const start = (row * (row + 1)) / 2; // of a row of the lower triangle
    return features.slice(0, row + 1).reduce((sum, feature, column) => sum + whitening[start + column] * feature, 0);
  });
  for (let start = 0; start < centres.length; start += length) {
    if (whitened.reduce((sum, value, at) => sum + (value - centres[start + at]) ** 2, 0) <= threshold) return false;
  }
  return true;
}

/** The mean of each map, then the standard deviation of each. @param {Tensor} maps */
function mapStatistics({ shape, data }) {
  const count = shape[1], cells = product(shape.slice(2));
  const statistics = new Float64Array(2 * count);
  for (let map = 0; map < count; map++) {
    const values = data.subarray(map * cells, (map + 1) * cells);
    const mean = values.reduce((sum, value) => sum + value, 0) / cells;
    statistics[map] = mean;
    statistics[count + map] = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / cells);
  }
  return statistics;
}

/** @param {Float64Array} features */
function unitLength(features) {
  const length = Math.max(Math.hypot(...features), LEAST_LENGTH);
  return features.map((feature) => feature / length);
}

/** Numbers of a model file: float32 in base64. @param {string} text */
const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
