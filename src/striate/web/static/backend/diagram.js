/** A network as a diagram needs it: what each row's units read; striate/web/lab/network.py. */

import { lrnReach } from "../engine/equations.js";
import { adaptiveWindowsOf, product } from "../engine/plan.js";
import { roundHalfEven } from "../engine/rounding.js";
import { denseWeight } from "../engine/convolution.js";
import { prototypesOf } from "../engine/dense.js";
import { encodeBase64 } from "./base64.js";
import { modelOf } from "./models.js";

/** @import { BackendModel, Routes } from "./types.d.ts" */
/** @import { Plan, Step, Tensor, Window } from "../engine/types.d.ts" */

const SHOWN = 16, MOST_UNITS = 4096;
const MOST_PAIRS = 4096; // of an input map and an output map whose strengths are sent

/** @type {Routes} */
export const networkRoutes = { "GET network": (backend, query) => networkDocument(modelOf(backend, query)) };

/** @param {BackendModel} model */
export function networkDocument(model) {
  const { plan } = model.network;
  return {
    input: plan.table.input, classes: model.classes, towers: plan.table.towers ?? 1,
    rows: plan.steps.map((step) => rowDocument(step, model)),
  };
}

/**
 * The maps of a row that a diagram shows: the first of each tower or branch, all units of a row without maps.
 * @param {Plan} plan
 * @param {Step} step
 */
export function shownMaps({ table }, { row, output, branches }) {
  const [maps] = output;
  const isFlat = output.length === 1 || (output[1] === 1 && output[2] === 1);
  if (isFlat) return Array.from({ length: Math.min(maps, MOST_UNITS) }, (_, map) => map);
  const all = table.towers ?? 1, towers = maps % all === 0 ? all : 1;
  const parts = row.type === "Concat" ? branches.map((steps) => steps[steps.length - 1].output[0]) : Array(towers).fill(maps / towers);
  const counts = parts.map(() => 0);
  for (let count = 0; count < Math.min(SHOWN, maps); count++) { // in turn, until a part has no more
    const least = Math.min(...counts.filter((shown, index) => shown < parts[index]));
    counts[counts.findIndex((shown, index) => shown === least && shown < parts[index])] += 1;
  }
  let start = 0;
  return parts.flatMap((part, index) => {
    start += part;
    return Array.from({ length: counts[index] }, (_, map) => start - part + map);
  });
}

/** @param {Step} step @param {BackendModel} model @returns {any} */
function rowDocument(step, model) {
  const { path, row, input, output, branches } = step;
  const shown = shownMaps(model.network.plan, step);
  const document = { path, type: row.type, activation: row.activation ?? null, input, shape: output, shown };
  if (branches.length) return { ...document, branches: branches.map((steps) => steps.map((inner) => rowDocument(inner, model))) };
  return { ...document, cells: cellsOf(step), maps: mapsOf(step), strengths: strengthsOf(step, model) };
}

/** Which cells of a map that it reads a unit reads. @param {Step} step */
function cellsOf(step) {
  const { row, window } = step;
  if (row.type === "AdaptiveAveragePool") return { kind: "bins", axes: [adaptiveWindowsOf(step, 0), adaptiveWindowsOf(step, 1)] };
  if (!window) return { kind: row.type === "Dense" || row.type === "RBF" ? "all" : "own" };
  const { kernel, stride, padding, dilation } = window;
  return { kind: "window", kernel, stride, before: padding.map(([before]) => before), dilation };
}

/** Which maps of its input a map reads. @param {Step} step */
function mapsOf({ row }) {
  switch (row.type) {
    case "Conv": return row.connections ? { kind: "listed", inputs: row.connections } : { kind: "all", groups: row.groups ?? 1 };
    case "Dense": case "RBF": return { kind: "all", groups: 1 };
    case "LRN": {
      const [before, after] = lrnReach(row.size, row.convention);
      return { kind: "neighbours", before, after, groups: row.groups };
    }
    default: return { kind: "own" };
  }
}

/**
 * How strong each connection is, as bytes (output maps, input maps of each): 128 + 127 times the kernel's norm by the largest, with the
 * sign of the kernel's sum. null where a row has no weights, or too many to draw.
 * @param {Step} step
 * @param {BackendModel} model
 */
function strengthsOf(step, model) {
  const weights = weightsOf(step, model.network.parametersOf.get(step.path) ?? {});
  if (!weights || weights.pairs > MOST_PAIRS) return null;
  const size = weights.data.length / weights.pairs;
  const signed = Float64Array.from({ length: weights.pairs }, (_, pair) => {
    const kernel = weights.data.slice(pair * size, (pair + 1) * size);
    const sum = kernel.reduce((total, weight) => total + weight, 0);
    return Math.sqrt(kernel.reduce((total, weight) => total + weight * weight, 0)) * (sum < 0 ? -1 : 1);
  });
  const largest = signed.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return encodeBase64(Uint8Array.from(signed, (value) => roundHalfEven((value / largest) * 127 + 128)));
}

/**
 * The weights of a row, and how many kernels they are: one for each pair of maps.
 * @param {Step} step
 * @param {Record<string, Tensor>} parameters
 */
function weightsOf(step, parameters) {
  const { row, input, window } = step;
  switch (row.type) {
    case "Conv": {
      const data = denseWeight(step, parameters.weight);
      return { data, pairs: data.length / product(/** @type {Window} */ (window).kernel) };
    }
    case "Dense": return { data: parameters.weight.data, pairs: row.units * input[0] };
    case "RBF": {
      const data = Float32Array.from(prototypesOf(step).flat());
      return { data, pairs: data.length };
    }
    default: return null;
  }
}
