/** The progress of a training, for whoever polls it: striate/runs/recorder.py. */

import { denseWeight } from "../../engine/convolution.js";
import { flatten, product } from "../../engine/plan.js";
import { quantizeMaps } from "../quantize.js";

/** @import { Live, Progress } from "../types.d.ts" */
/** @import { Network, Plan, Step, Tensor } from "../../engine/types.d.ts" */
/** @import { Kernels } from "../../lib/types.d.ts" */

const INTERVAL = 500; // milliseconds between two records
const MOST_NUMBERS = 40_000, MOST_WEIGHTS = 1_000_000; // in the kernels recorded, and of a convolution whose kernels are
const MOST_POINTS = 100; // of the present epoch

export class Recorder {
  /** @param {number} epochs @param {string[]} warnings */
  constructor(epochs, warnings) {
    this.epochs = epochs;
    /** @type {Live} */
    this.live = { phase: "starting", kernels: null, warnings, trail: [], decoded: null, progress: null, seconds_left: null };
    this.recordedAt = 0;
    /**
     * Time, and epochs done, at the first step since the training began or was resumed.
     * @type {[number, number] | null}
     */
    this.first = null;
  }

  /** The training begins or is resumed. @param {Network} network */
  begin(network) {
    this.first = null;
    this.record({ phase: "training" }, network);
  }

  /** @param {Progress} progress @param {Network} network */
  step(progress, network) {
    const now = performance.now(), done = progress.epoch - 1 + progress.images / progress.epoch_images;
    this.first ??= [now, done];
    if (now - this.recordedAt < INTERVAL) return;
    /** @type {Live["trail"]} */
    const trail = [...this.live.trail, [Number(done.toFixed(5)), progress.loss, progress.accuracy]];
    this.record({
      progress, trail: trail.length <= MOST_POINTS ? trail : trail.filter((_, index) => index % 2),
      seconds_left: this.secondsLeft(now, done),
    }, network);
  }

  /** An epoch is done. @param {number} epoch @param {Network} network */
  epoch(epoch, network) {
    const isLast = epoch >= this.epochs;
    const left = isLast ? null : this.secondsLeft(performance.now(), epoch);
    this.record({ phase: isLast ? "ending" : "training", progress: null, trail: [], seconds_left: left }, network);
  }

  /** @param {number} now @param {number} done */
  secondsLeft(now, done) {
    if (!this.first || done <= this.first[1]) return null;
    return Number((((this.epochs - done) * (now - this.first[0])) / (done - this.first[1]) / 1000).toFixed(1));
  }

  /** @param {Partial<Live>} changes @param {Network} network */
  record(changes, network) {
    this.recordedAt = performance.now();
    const step = firstConvolution(network.plan), now = step && kernelsDocument(network, step);
    const kernels = step && now ? { row: step.path, first: this.live.kernels?.first ?? now, now } : null;
    this.live = { ...this.live, ...changes, kernels };
  }
}

/**
 * The first convolution; null if there is none, or its kernels are too large.
 * @param {Plan} plan
 * @returns {Step | null}
 */
export function firstConvolution({ steps }) {
  const step = flatten(steps).find(({ row }) => row.type === "Conv");
  if (!step?.window) return null;
  const weights = (step.input[0] / (step.row.groups ?? 1)) * product(step.window.kernel);
  return weights <= MOST_NUMBERS && weights * step.row.maps <= MOST_WEIGHTS ? step : null;
}

/**
 * The kernels of a convolution: over three input maps with three channels, over others the first map's.
 * @param {Network} network
 * @param {Step} step
 * @returns {Kernels}
 */
export function kernelsDocument({ parametersOf }, step) {
  const { maps } = step.row, kernel = /** @type {NonNullable<Step["window"]>} */ (step.window).kernel, area = product(kernel);
  const weight = denseWeight(step, /** @type {Tensor} */ (parametersOf.get(step.path)?.weight));
  const inputs = weight.length / (maps * area), channels = inputs === 3 ? 3 : 1;
  const count = Math.min(maps, Math.floor(MOST_NUMBERS / (inputs * area)));
  const shown = new Float32Array(count * channels * area);
  for (let map = 0; map < count; map++) {
    shown.set(weight.subarray(map * inputs * area, (map * inputs + channels) * area), map * channels * area);
  }
  return { count, channels, of: maps, ...quantizeMaps(shown, [count * channels, ...kernel], count * channels, Math.max(...kernel)) };
}
