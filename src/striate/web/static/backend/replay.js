/** A snapshot of a run: first kernels, their maps of the run's picture, their tuning, the answers; striate/web/lab/replay.py. */

import { forward } from "../engine/network.js";
import { probabilitiesOf } from "../engine/reliability.js";
import { checkLogits, classRanking, inputDocument } from "./layers.js";
import { modelOf } from "./models.js";
import { quantizeMaps } from "./quantize.js";
import { RequestError, queryText } from "./query.js";
import { runsOf } from "./training/store.js";
import { firstConvolution, kernelsDocument } from "./training/recorder.js";
import { measureTuning, orientationsOf } from "./tuning.js";

/** @import { BackendModel, Routes } from "./types.d.ts" */
/** @import { Step, Tensor, Trace } from "../engine/types.d.ts" */

const MAPS = 32, SIDE = 56; // of the first convolution, and pixels of a map's longer side

/** @type {Routes} */
export const replayRoutes = {
  "GET replay": (backend, query) => {
    const [, run, step] = /^runs\/(.*?)\/([0-9]{1,11})$/.exec(queryText(query, "model").replace(/^(?!runs\/)/, "runs/")) ?? [];
    if (step === undefined) throw new RequestError("model: expected runs/NAME/STEP, a snapshot of a run");
    const model = modelOf(backend, query), { sample } = runsOf(backend).get(run), { plan } = model.network;
    const trace = forward(model.network, sample.input), first = firstConvolution(plan);
    return {
      step: Number(step), label: sample.label, input: inputDocument(sample),
      top: classRanking(model, probabilitiesOf(model, checkLogits(trace.logits))),
      first: first && firstDocument(model, first, trace),
    };
  },
};

/**
 * The first convolution: its kernels, its maps, and the tuning of the units whose kernels are sent.
 * @param {BackendModel} model
 * @param {Step} step
 * @param {Trace} trace
 */
function firstDocument(model, step, { outputs }) {
  const kernels = kernelsDocument(model.network, step);
  const maps = quantizeMaps(/** @type {Tensor} */ (outputs.get(step.path)).data, step.output, MAPS, SIDE);
  const units = measureTuning(model, step).slice(0, kernels.count);
  return {
    row: step.path, kernels, maps: { count: maps.shown, channels: 1, of: step.output[0], ...maps },
    orientations: orientationsOf(model), responses: units.map(({ responses }) => responses),
    selectivity: units.map(({ selectivity }) => selectivity),
  };
}
