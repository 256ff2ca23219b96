/** What a table costs; striate/analysis/cost.py and memory.py. Whole numbers are exact up to 2^53. */

import {
  convConnections, convMacs, convParameters, denseKernels, denseMacs, denseParameters, subsampleConnections,
} from "../../engine/equations.js";
import { flatten, product } from "../../engine/plan.js";

/** @import { Step } from "../../engine/types.d.ts" */
/** @import { Cost, TablePlan } from "./types.d.ts" */

const BYTES_PER_VALUE = 4;
const COPIES_IN_TRAINING = 3; // weights, gradients and SGD's momentum

/** @type {Cost} */
const NOTHING = { parameters: 0, macs: 0, connections: 0, neurons: 0, buffers: 0 };

/** @param {Cost[]} costs @returns {Cost} */
export const sumOf = (costs) => costs.reduce((sum, cost) => ({
  parameters: sum.parameters + cost.parameters, macs: sum.macs + cost.macs, connections: sum.connections + cost.connections,
  neurons: sum.neurons + cost.neurons, buffers: sum.buffers + cost.buffers,
}), NOTHING);

/** The cost of one row; a combinator itself costs nothing. @param {Step} step @returns {Cost} */
export function rowCost(step) {
  const { row, input, output } = step;
  const area = step.window ? product(step.window.kernel) : 1;
  const [positions, neurons] = [product(output.slice(1)), product(output)];
  switch (row.type) {
    case "Conv": {
      const kernels = row.connections ? row.connections.flat().length : denseKernels(input[0], row.maps, row.groups);
      const biases = row.bias ? row.maps : 0;
      return {
        parameters: convParameters(kernels, area, biases), macs: convMacs(kernels, area, positions),
        connections: convConnections(kernels, area, biases, positions), neurons, buffers: 0,
      };
    }
    case "Subsample":
      return { ...NOTHING, parameters: 2 * output[0], connections: subsampleConnections(area, output[0], positions), neurons };
    case "MaxPool": case "AveragePool": return { ...NOTHING, connections: area * neurons };
    case "AdaptiveAveragePool": return { ...NOTHING, connections: adaptiveCells(step) * output[0] };
    case "BatchNorm": return { ...NOTHING, parameters: 2 * output[0], buffers: 2 * output[0] };
    case "Dense": {
      const parameters = denseParameters(product(input), row.units, row.bias);
      return { ...NOTHING, parameters, macs: denseMacs(product(input), row.units), connections: parameters, neurons: row.units };
    }
    case "RBF": {
      const cells = product(input) * row.prototypes.length;
      return { ...NOTHING, connections: cells, neurons: row.prototypes.length, buffers: cells };
    }
    default: return NOTHING;
  }
}

/** The cost of a table without its auxiliary heads. @param {{ steps: Step[] }} plan */
export const totalCost = ({ steps }) => sumOf(flatten(steps).map(rowCost));

/** The cost of one row with all rows inside it. @param {Step} step @returns {Cost} */
export const stepCost = (step) => (step.branches.length ? sumOf(flatten([step]).map(rowCost)) : rowCost(step));

/** Cells of all windows over one map: along an axis windows share a cell but where one ends as the next begins. @param {Step} step */
function adaptiveCells({ input, output }) {
  const [rows, columns] = [1, 2].map((axis) => input[axis] + output[axis] - greatestDivisor(input[axis], output[axis]));
  return rows * columns;
}

/** @param {number} a @param {number} b @returns {number} */
const greatestDivisor = (a, b) => (b ? greatestDivisor(b, a % b) : a);

/** Bytes of a row's output for one image. @param {Step} step */
export const mapsMemory = ({ output }) => BYTES_PER_VALUE * product(output);

/** Bytes for one training step on some images, auxiliary heads included. @param {TablePlan} plan @param {number} [images] */
export function trainingMemory({ table, steps, heads }, images = 1) {
  const all = [steps, ...heads.map((head) => head.steps)].flatMap(flatten);
  const { parameters, buffers } = sumOf(all.map(rowCost));
  const maps = product(table.input) + all.reduce((sum, { output }) => sum + product(output), 0);
  return BYTES_PER_VALUE * (COPIES_IN_TRAINING * parameters + buffers + images * maps);
}

/** Bytes for one forward pass of one image: weights, and the peak of the live feature maps. @param {TablePlan} plan */
export function inferenceMemory({ steps }) {
  const { parameters, buffers } = sumOf(flatten(steps).map(rowCost));
  return BYTES_PER_VALUE * (parameters + buffers + peakOf(steps, 0, 0));
}

/**
 * The most numbers alive at once while steps run.
 * @param {Step[]} steps
 * @param {number} done of outputs that are needed later
 * @param {number} shared the size of the first step's input if it is still needed after that step, else 0
 */
function peakOf(steps, done, shared) {
  let peak = done;
  for (const step of steps) {
    const own = step.branches.length ? peakInside(step, done, shared) : done + product(step.input) + product(step.output);
    peak = Math.max(peak, own);
    [done, shared] = [done + shared, 0]; // after the first step, the shared input is also needed later
  }
  return peak;
}

/**
 * The same for a combinator: its branches in turn, then their outputs and the result.
 * @param {Step} step
 * @param {number} done
 * @param {number} shared
 * @returns {number}
 */
function peakInside({ input, output, branches }, done, shared) {
  const before = product(input);
  const running = branches.filter((branch) => branch.length); // an identity shortcut is the input itself: it stays alive
  const waits = shared || (running.length < branches.length ? before : 0);
  let [outputs, peak] = [0, 0];
  running.forEach((branch, index) => {
    peak = Math.max(peak, peakOf(branch, done + outputs, index + 1 < running.length ? before : waits));
    outputs += product(branch[branch.length - 1].output);
  });
  return Math.max(peak, done + waits + outputs + product(output));
}
