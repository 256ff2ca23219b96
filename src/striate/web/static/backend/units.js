/**
 * What Layers and the diagram ask for: all maps of a row, what a kernel slides over, one unit's arithmetic; striate/web/lab/units.py.
 */

import { effectiveKernel } from "../engine/equations.js";
import { product } from "../engine/plan.js";
import { placeIn, traceUnit } from "./arithmetic.js";
import { round, rowDocument } from "./layers.js";
import { respondToImage, stepOf, traceOf } from "./models.js";
import { visibleField } from "./pixels-read.js";
import { quantizeMaps } from "./quantize.js";
import { RequestError, queryInt, queryText } from "./query.js";
import { receptiveFields, rowField } from "./receptive-field.js";

/** @import { BackendModel, Routes, Sample, UnitTrace } from "./types.d.ts" */
/** @import { Step, Tensor, Trace } from "../engine/types.d.ts" */

const MOST_MAPS = 4096, MOST_NUMBERS = 600_000; // of a row: more maps are left out, more numbers are scaled down
const MOST_SIDE = 256; // of a map that a kernel slides over
const GRIDS = 8, CELLS = 225; // windows that are sent, one for each input map, and cells of each
const TERMS = 24;
const MOST_INDEX = 1e6;

/** @type {Routes} */
export const unitsRoutes = {
  "POST row": (backend, query, picture) => {
    const path = queryText(query, "path");
    return respondToImage(backend, query, picture, (model, sample) => rowMaps(model, sample, { path }));
  },
  "POST slide": (backend, query, picture) => {
    const path = queryText(query, "path");
    const [input, map] = ["input", "map"].map((name) => queryInt(query, name, 0, MOST_INDEX));
    return respondToImage(backend, query, picture, (model, sample) => mapPair(model, sample, { path, input, map }));
  },
  "POST unit": (backend, query, picture) => {
    const path = queryText(query, "path"), unit = "unit" in query ? readUnit(queryText(query, "unit")) : null;
    const input = "input" in query ? queryInt(query, "input", 0, MOST_INDEX) : null;
    return respondToImage(backend, query, picture, (model, sample) => unitTerms(model, sample, { path, unit, input }));
  },
};

/** A unit as `2,0,0` or `7`. @param {string} text */
function readUnit(text) {
  const numbers = text.split(",");
  if (numbers.length > 3 || !numbers.every((part) => /^[0-9]{1,6}$/.test(part))) {
    throw new RequestError("unit: expected map,row,column, or the number of a unit");
  }
  return numbers.map(Number);
}

/** All maps of a row. @param {BackendModel} model @param {Sample} sample @param {{ path: string }} options */
export function rowMaps(model, sample, { path }) {
  const step = stepOf(model.network.plan, path), maps = outputOf(traceOf(model, sample), step);
  const side = Math.max(1, Math.floor(Math.sqrt(MOST_NUMBERS / Math.min(step.output[0], MOST_MAPS))));
  return rowDocument(step, maps, MOST_MAPS, side);
}

/**
 * One input map and one output map of a row with a window.
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ path: string, input: number, map: number }} options
 */
export function mapPair(model, sample, { path, input, map }) {
  const step = stepOf(model.network.plan, path);
  if (!step.window) throw new RequestError(`row ${path}: no kernel slides over its input`);
  checkMap("input", input, step.input[0]);
  checkMap("map", map, step.output[0]);
  const trace = traceOf(model, sample);
  const packed = (/** @type {Float32Array} */ data, /** @type {number[]} */ [, height, width], /** @type {number} */ index) =>
    quantizeMaps(data.subarray(index * height * width, (index + 1) * height * width), [1, height, width], 1, MOST_SIDE);
  return { input: packed(inputOf(trace, step), step.input, input), output: packed(outputOf(trace, step), step.output, map) };
}

/** @param {string} name @param {number} index @param {number} maps */
function checkMap(name, index, maps) {
  if (index >= maps) throw new RequestError(`${name}: expected a whole number from 0 to ${maps - 1}`);
}

/**
 * The arithmetic of a unit, the row's strongest by default: of its input maps the strongest, and `input`.
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ path: string, unit?: number[] | null, input?: number | null }} options
 */
export function unitTerms(model, sample, { path, unit = null, input = null }) {
  const { network } = model, { plan } = network, step = stepOf(plan, path);
  if (unit) checkUnit(step, unit);
  const activations = traceOf(model, sample), output = outputOf(activations, step);
  const chosen = unit ?? strongestUnit(step, output);
  const trace = traceUnit(network, step, chosen, activations);
  return {
    path, type: step.row.type, unit: chosen, input: step.input, output: step.output, field: receptiveFields(plan).get(path),
    visible: visibleField(plan, step, chosen.length === 3 ? chosen.slice(1) : null, chosen[0]), window: windowDocument(step),
    stages: trace.steps.map(({ kind, value, operands = [] }) => ({ kind, value: number(value), operands: operands.map(number) })),
    value: number(trace.steps[trace.steps.length - 1].value), network: number(output[placeIn(step.output, chosen)]),
    ...termsOf(step, trace, input),
  };
}

/** @param {Trace} trace @param {Step} step */
const inputOf = (trace, { path }) => /** @type {Tensor} */ (trace.inputs.get(path)).data;

/** @param {Trace} trace @param {Step} step */
const outputOf = (trace, { path }) => /** @type {Tensor} */ (trace.outputs.get(path)).data;

/** Seven digits of a number; null if it is not finite. @param {number} value */
const number = (value) => round(value, 7);

/** @param {Step} step @param {number[]} unit */
function checkUnit({ path, output }, unit) {
  if (unit.length === output.length && unit.every((index, axis) => index < output[axis])) return;
  const kind = output.length === 3 ? "map, row and column" : "number", most = output.map((size) => size - 1).join(", ");
  throw new RequestError(`row ${path}: there is no unit [${unit.join(", ")}]; expected ${kind} from 0 to ${most}`);
}

/** The unit with the largest value. @param {Step} step @param {Float32Array} values */
function strongestUnit({ output }, values) {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return indicesIn(output, best);
}

/**
 * How a row's window slides over its input: its numbers along each axis, and where each output's window is.
 * @param {Step} step
 */
function windowDocument(step) {
  if (!step.window) return null;
  const { kernel, stride, padding, dilation } = step.window;
  const rounds = step.row.type === "AdaptiveAveragePool" ? null : step.row.ceil ? "ceil" : "floor";
  return {
    kernel, stride, padding, dilation, reach: kernel.map((cells, axis) => effectiveKernel(cells, dilation[axis])), rounds,
    over: rowField(step),
  };
}

/**
 * The terms of a sum: a grid of cells for each input map, or single terms; the strongest, and the others' sum.
 * @param {Step} step
 * @param {UnitTrace} trace
 * @param {number | null} input
 */
function termsOf(step, trace, input) {
  const { shape, window, weights } = trace;
  const isRead = shape.length < 3 || trace.maps.length > 0; // a map of zeros reads nothing
  const terms = (trace.products ?? window.subarray(0, isRead ? window.length : 0)).map((value) => (Number.isFinite(value) ? value : 0));
  const size = product(shape.slice(1));
  if (shape.length === 3 && size > 1 && size <= CELLS) return { grids: gridsOf(step, trace, terms, input) };
  const strongest = strongestOf(terms, TERMS).sort((a, b) => a - b);
  const shown = strongest.map((at) => ({
    at: inputIndex(step, trace, at), x: number(window[at]), w: weights && number(weights[at]), product: number(terms[at]),
  }));
  return { terms: { shown, left: terms.length - shown.length, rest: number(sumWithout(terms, strongest)) } };
}

/**
 * The terms (input maps, rows, columns) of the strongest input maps, with `input` among them.
 * @param {Step} step
 * @param {UnitTrace} trace
 * @param {Float64Array} terms
 * @param {number | null} input
 */
function gridsOf(step, trace, terms, input) {
  const { shape: [count, height, width], maps, window, weights, products } = trace, size = height * width;
  const overMap = (/** @type {(value: number) => number} */ of) => Float64Array.from({ length: count }, (_, index) =>
    terms.subarray(index * size, (index + 1) * size).reduce((sum, value) => sum + of(value), 0));
  const sums = overMap((value) => value), strongest = strongestOf(overMap(Math.abs), GRIDS);
  const wanted = input === null ? -1 : maps.indexOf(input);
  if (wanted >= 0 && !strongest.includes(wanted)) strongest[strongest.length - 1] = wanted;
  const grid = (/** @type {Float64Array | null} */ values, /** @type {number} */ index) =>
    values && linesOf(values, index * size, height, width);
  return {
    shown: strongest.map((index) => ({
      map: maps[index], x: grid(window, index), w: grid(weights, index), products: grid(products, index), sum: number(sums[index]),
    })),
    places: [height, width].map((cells, axis) => Array.from({ length: cells }, (_, index) => inputCell(step, trace, axis, index))),
    left: count - strongest.length, rest: number(sumWithout(sums, strongest)),
  };
}

/** @param {Float64Array} values @param {number} from @param {number} height @param {number} width */
const linesOf = (values, from, height, width) => Array.from({ length: height }, (_, y) =>
  Array.from(values.subarray(from + y * width, from + (y + 1) * width), number));

/**
 * The places of the numbers of the largest magnitudes, the largest first.
 * @param {Float64Array} values
 * @param {number} count
 */
function strongestOf(values, count) {
  const places = Array.from(values, (_, at) => at).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
  return places.slice(0, count);
}

/** @param {Float64Array} values @param {number[]} left */
const sumWithout = (values, left) => values.reduce((sum, value, at) => (left.includes(at) ? sum : sum + value), 0);

/**
 * The place of a term in the row's input: (map, row, column), or the number of a unit.
 * @param {Step} step
 * @param {UnitTrace} trace
 * @param {number} at
 */
function inputIndex(step, trace, at) {
  if (trace.shape.length === 3) {
    const [map, row, column] = indicesIn(trace.shape, at);
    return [trace.maps[map], inputCell(step, trace, 0, row), inputCell(step, trace, 1, column)];
  }
  return step.input.length === 3 && trace.weights ? indicesIn(step.input, at) : [at];
}

/** The place of a number among those of a shape, along each axis. @param {number[]} shape @param {number} at */
const indicesIn = (shape, at) => shape.map((size, axis) => Math.floor(at / product(shape.slice(axis + 1))) % size);

/**
 * The row or column of the input under a cell of the window; in the padding it is outside.
 * @param {Step} step
 * @param {UnitTrace} trace
 * @param {number} axis
 * @param {number} index
 */
const inputCell = (step, { corner }, axis, index) => (corner?.[axis] ?? 0) + index * (step.window?.dilation[axis] ?? 1);
