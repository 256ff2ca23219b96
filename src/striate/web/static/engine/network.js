/**
 * A network that runs: forward through the rows of a plan, and backward through them.
 *
 * What a pass computes is kept in its trace: the input and output of each row by its path, for those who look into it.
 */

import { activate, deactivate } from "./activations.js";
import { convolution } from "./convolution.js";
import { dense, rbf } from "./dense.js";
import { batchNorm, dropout, localResponseNorm } from "./normalization.js";
import { flatten } from "./plan.js";
import { adaptiveAveragePool, averagePool, identity, maxPool, subsample } from "./pooling.js";
import { imageOf, sizeOfImage, tensor } from "./tensor.js";

/** @import { Gradients, Kind, Network, Plan, Step, Tensor, Trace } from "./types.d.ts" */

/** @type {Record<string, Kind>} */
const KINDS = {
  Conv: convolution, MaxPool: maxPool, AveragePool: averagePool, AdaptiveAveragePool: adaptiveAveragePool, Subsample: subsample,
  Identity: identity, LRN: localResponseNorm, BatchNorm: batchNorm, Dropout: dropout, Dense: dense, RBF: rbf,
};

/**
 * The network of a plan with its parameters, each named by path as in a model file: "C1.weight".
 * @param {Plan} plan
 * @param {Map<string, Tensor>} parameters
 * @returns {Network}
 */
export function buildNetwork(plan, parameters) {
  /** @type {Network["parametersOf"]} */
  const parametersOf = new Map(flatten([...plan.steps, ...plan.heads.flatMap(({ steps }) => steps)]).map(({ path }) => [path, {}]));
  for (const [name, parameter] of parameters) {
    const parts = name.split(".");
    const path = [1, 2].map((count) => parts.slice(0, -count).join(".")).find((one) => parametersOf.has(one)) ?? "";
    Object.assign(parametersOf.get(path) ?? {}, { [name.slice(path.length + 1)]: parameter });
  }
  return { plan, parameters, parametersOf };
}

/**
 * Images (N, channels, height, width) to logits (N, classes), and in training those of each head.
 * @param {Network} network
 * @param {Tensor} images
 * @param {{ isTraining?: boolean, random?: () => number, upTo?: string }} [options] `upTo`: only as far as the row of this path
 * @returns {Trace}
 */
export function forward(network, images, { isTraining = false, random = Math.random, upTo } = {}) {
  /** @type {Trace} */
  const trace = { isTraining, random, images, inputs: new Map(), outputs: new Map(), saved: new Map(), logits: images, heads: [] };
  const { steps } = network.plan, last = upTo?.split(".")[0];
  trace.logits = runSteps(network, last ? steps.slice(0, 1 + steps.findIndex(({ row }) => row.name === last)) : steps, images, trace);
  if (isTraining) {
    trace.heads = network.plan.heads.map((head) =>
      runSteps(network, head.steps, /** @type {Tensor} */ (trace.outputs.get(head.after)), trace));
  }
  return trace;
}

/**
 * The gradients of a sum of outputs, each times its gradient: of the images, of each row's output, and of the parameters. A training
 * does without that of the images.
 * @param {Network} network
 * @param {Trace} trace
 * @param {Tensor} ofLogits
 * @param {{ ofHeads?: Tensor[], ofParameters?: boolean, ofImages?: boolean }} [options]
 * @returns {Gradients}
 */
export function backward(network, trace, ofLogits, { ofHeads = [], ofParameters = false, ofImages = true } = {}) {
  /** @type {Gradients} */
  const gradients = { images: ofLogits, ofImages, outputs: new Map(), parameters: new Map() };
  if (ofParameters) {
    for (const [name, { shape }] of network.parameters) if (isTrained(name)) gradients.parameters.set(name, tensor(shape));
  }
  const extra = new Map(network.plan.heads.slice(0, ofHeads.length).map((head, index) =>
    [head.after, backSteps(network, head.steps, ofHeads[index], trace, gradients)]));
  gradients.images = backSteps(network, network.plan.steps, ofLogits, trace, gradients, extra);
  return gradients;
}

/** Whether a parameter learns: statistics do not. @param {string} name */
export const isTrained = (name) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name);

/** @param {Network} network @param {Step[]} steps @param {Tensor} input @param {Trace} trace */
const runSteps = (network, steps, input, trace) => steps.reduce((x, step) => runStep(network, step, x, trace), input);

/** @param {Network} network @param {Step} step @param {Tensor} input @param {Trace} trace @returns {Tensor} */
function runStep(network, step, input, trace) {
  const { row, path } = step;
  trace.inputs.set(path, input);
  let output;
  if (step.branches.length) {
    const ends = step.branches.map((steps) => runSteps(network, steps, input, trace));
    output = row.type === "Concat" ? stacked(ends, step) : added(ends);
  } else {
    const { isTraining, random } = trace;
    const result = KINDS[row.type].forward({ step, parameters: network.parametersOf.get(path) ?? {}, isTraining, random }, input);
    if (result.saved) trace.saved.set(path, result.saved);
    ({ output } = result);
  }
  output = activate(output, row.activation);
  trace.outputs.set(path, output);
  return output;
}

/**
 * @param {Network} network
 * @param {Step[]} steps
 * @param {Tensor} gradient of the last output
 * @param {Trace} trace
 * @param {Gradients} gradients
 * @param {Map<string, Tensor>} [extra] gradients that reach an output from elsewhere, by the row's name
 */
function backSteps(network, steps, gradient, trace, gradients, extra) {
  for (const step of [...steps].reverse()) {
    const more = extra?.get(step.row.name);
    gradient = backStep(network, step, more ? added([gradient, more]) : gradient, trace, gradients);
  }
  return gradient;
}

/**
 * @param {Network} network
 * @param {Step} step
 * @param {Tensor} ofOutput
 * @param {Trace} trace
 * @param {Gradients} gradients
 * @returns {Tensor}
 */
function backStep(network, step, ofOutput, trace, gradients) {
  const { row, path } = step;
  gradients.outputs.set(path, ofOutput);
  const input = /** @type {Tensor} */ (trace.inputs.get(path));
  const gradient = deactivate(ofOutput, /** @type {Tensor} */ (trace.outputs.get(path)), row.activation);
  if (step.branches.length) {
    const parts = row.type === "Concat" ? unstacked(gradient, step) : step.branches.map(() => gradient);
    return added(step.branches.map((steps, index) => backSteps(network, steps, parts[index], trace, gradients)));
  }
  const parameters = network.parametersOf.get(path) ?? {};
  const names = Object.keys(parameters).filter((name) => gradients.parameters.has(`${path}.${name}`));
  const of = names.length ? Object.fromEntries(names.map((name) =>
    [name, /** @type {Tensor} */ (gradients.parameters.get(`${path}.${name}`))])) : undefined;
  const { isTraining, random } = trace, saved = trace.saved.get(path);
  const ofInput = gradients.ofImages || input !== trace.images;
  return KINDS[row.type].backward({ step, parameters, gradients: of, ofInput, saved, isTraining, random }, input, gradient);
}

/** Depth concatenation. @param {Tensor[]} parts @param {Step} step @returns {Tensor} */
function stacked(parts, step) {
  const output = tensor([parts[0].shape[0], ...step.output]);
  for (let image = 0; image < output.shape[0]; image++) {
    let at = image * sizeOfImage(output);
    for (const part of parts) {
      output.data.set(imageOf(part, image), at);
      at += sizeOfImage(part);
    }
  }
  return output;
}

/** The parts of a concatenation. @param {Tensor} whole @param {Step} step @returns {Tensor[]} */
function unstacked(whole, step) {
  let start = 0;
  return step.branches.map((steps) => {
    const part = tensor([whole.shape[0], ...steps[steps.length - 1].output]);
    const size = sizeOfImage(part);
    for (let image = 0; image < whole.shape[0]; image++) imageOf(part, image).set(imageOf(whole, image).subarray(start, start + size));
    start += size;
    return part;
  });
}

/** @param {Tensor[]} parts of one shape @returns {Tensor} */
function added(parts) {
  const sum = tensor(parts[0].shape);
  for (const { data } of parts) for (let at = 0; at < data.length; at++) sum.data[at] += data[at];
  return sum;
}
