/** What the Draw and Layers views ask for: the classes, and the maps of every row; striate/web/lab/maps.py. */

import { product } from "../engine/plan.js";
import { isNoneOfThese, probabilitiesOf } from "../engine/reliability.js";
import { encodeBase64 } from "./base64.js";
import { shownMaps } from "./diagram.js";
import { respondToImage, stepOf, traceOf } from "./models.js";
import { quantizeMaps } from "./quantize.js";
import { RequestError, queryInt, queryText } from "./query.js";

/** @import { BackendModel, Routes, Sample } from "./types.d.ts" */
/** @import { Step, Tensor, Trace } from "../engine/types.d.ts" */

const MAPS = 16, SIDE = 56; // of a row, and pixels of a map's longer side, unless the page asks for more
const MOST_MAPS = 4096, MOST_CLASSES = 1000, MOST_VALUES = 256;

/** @type {Routes} */
export const layersRoutes = {
  "POST layers": (backend, query, picture) => {
    const maps = queryInt(query, "maps", 1, MOST_MAPS, MAPS), rows = queryText(query, "rows", "");
    const paths = rows ? [...new Set(rows.split(","))] : null;
    return respondToImage(backend, query, picture, (model, sample) => layerMaps(model, sample, { maps, paths }));
  },
};

/**
 * The classes by probability, the network's input, and every row; with `paths` only those, with the maps that a diagram shows.
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ maps?: number, paths?: string[] | null }} options
 */
export function layerMaps(model, sample, { maps = MAPS, paths = null }) {
  const { plan } = model.network;
  const trace = traceOf(model, sample);
  const rows = paths
    ? paths.map((path) => stepOf(plan, path)).map((step) => rowDocument(step, selected(trace, step, shownMaps(plan, step))))
    : plan.steps.map((step) => treeDocument(step, trace, maps));
  const top = classRanking(model, probabilitiesOf(model, checkLogits(trace.logits)));
  return { input: inputDocument(sample), top, ...noneOfThese(model, trace), rows };
}

/**
 * Whether the picture is of none of the classes, and how often that is said of one like the training data; nothing of a model
 * without a threshold.
 * @param {BackendModel} model
 * @param {Trace} trace
 */
function noneOfThese({ reliability }, trace) {
  if (!reliability?.distance || reliability.threshold === null) return {};
  const maps = /** @type {Tensor} */ (trace.outputs.get(reliability.distance.row));
  return {
    none_of_these: isNoneOfThese(reliability.distance, reliability.threshold, maps), false_alarm_rate: reliability.false_alarms,
  };
}

/** The network's input as the page shows it. @param {Pick<Sample, "fitted">} sample */
export const inputDocument = ({ fitted: { channels, height, width, data } }) =>
  ({ shape: [channels, height, width], pixels: encodeBase64(data) });

/** These logits of one image; an error if one is not finite. @param {Tensor} logits */
export function checkLogits({ data }) {
  if (!data.every(Number.isFinite)) throw new RequestError("the model's logits are not finite");
  return data;
}

/** The classes with their probabilities, the most probable first. @param {BackendModel} model @param {Float64Array} probabilities */
export function classRanking({ classes }, probabilities) {
  const order = Array.from(probabilities, (_, index) => index).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  return order.slice(0, MOST_CLASSES).map((index) => ({ class: classes[index], index, probability: probabilities[index] }));
}

/** @param {Step} step @param {Trace} trace @param {number} maps @returns {any} */
function treeDocument(step, trace, maps) {
  const row = rowDocument(step, /** @type {Tensor} */ (trace.outputs.get(step.path)).data, maps);
  return step.branches.length
    ? { ...row, branches: step.branches.map((steps) => steps.map((inner) => treeDocument(inner, trace, maps))) } : row;
}

/** The maps of these numbers, one after the other. @param {Trace} trace @param {Step} step @param {number[]} maps */
function selected(trace, step, maps) {
  const { data } = /** @type {Tensor} */ (trace.outputs.get(step.path));
  const size = product(step.output.slice(1));
  const numbers = new Float32Array(maps.length * size);
  maps.forEach((map, index) => numbers.set(data.subarray(map * size, (map + 1) * size), index * size));
  return numbers;
}

/**
 * The maps of a row as bytes; those of a few units, which one reads as numbers, also as `values`.
 * @param {Step} step
 * @param {Float32Array} maps of one image, all or some
 * @param {number} [maxMaps]
 * @param {number} [maxSide]
 */
export function rowDocument({ path, row, output }, maps, maxMaps = MOST_MAPS, maxSide = SIDE) {
  const isFlat = output.length === 1 || (output[1] === 1 && output[2] === 1);
  const shape = [maps.length / product(output.slice(1)), ...output.slice(1)];
  const values = isFlat && output[0] <= MOST_VALUES ? Array.from(maps, (value) => round(value, 4)) : [];
  return {
    path, type: row.type, shape: output, ...quantizeMaps(maps, shape, maxMaps, maxSide), ...(values.length ? { values } : {}),
  };
}

/** A number with so many digits; null if it is not finite. @param {number} value @param {number} digits */
export const round = (value, digits) => (Number.isFinite(value) ? Number(value.toPrecision(digits)) : null);
