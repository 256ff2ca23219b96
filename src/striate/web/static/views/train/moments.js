/** Which moments of a training can be shown, and what of a network is shown at them. */

import { mapsOf } from "./kernels.js";

/** @import { FirstConvolution, Moment, RowMaps, RunDetail } from "../../lib/types.d.ts" */

const UNITS = 4; // with a tuning curve
const ROWS = 5; // of a network

/**
 * The snapshots of a run in order, then the model of its last epoch unless the last snapshot is of it.
 * @param {RunDetail} run
 * @returns {Moment[]}
 */
export function momentsOf({ name, replay, model, state: runState, done }) {
  const steps = replay?.steps ?? [];
  const moments = steps.map((step) => ({ step, model: `runs/${name}/${step}` }));
  const isWhole = runState === "finished" && steps.length > 0;
  return model && done > 0 && !isWhole ? [...moments, { step: null, model: `runs/${name}` }] : moments;
}

/**
 * A few rows with maps, from the first to the last.
 * @param {RowMaps[]} all
 */
export function chosenRows(all) {
  const spatial = all.filter(({ size }) => size[0] * size[1] > 1);
  const count = Math.min(ROWS, spatial.length);
  const chosen = Array.from({ length: count }, (_, i) => spatial[Math.round((i * (spatial.length - 1)) / Math.max(1, count - 1))]);
  return chosen.map((row) => ({ path: row.path, kernels: mapsOf(row) }));
}

/**
 * The units with the longest resultants of their tuning curves, in the order of their numbers.
 * @param {FirstConvolution} first
 * @returns {number[]}
 */
export function clearestUnits({ responses, selectivity }) {
  const length = responses.map((curve, unit) => selectivity[unit] * curve.reduce((sum, response) => sum + response, 0));
  return length.map((_, unit) => unit).sort((a, b) => length[b] - length[a]).slice(0, UNITS).sort((a, b) => a - b);
}
