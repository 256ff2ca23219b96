/** Answers requests, a line of JSON each, with the engine in Node, or with the backend that stands in for a server. */

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`).href;
const backend = pathToFileURL(`${process.argv[2]}/../backend/`).href;
const parts = await Promise.all(["plan", "network", "losses", "optimizer", "schedule", "training", "model-file", "picture", "initialize"].map((name) => import(`${folder}${name}.js`)));
const {
  backward, balancedWeights, buildNetwork, forward, learningRate, gradientsOf, initialize, optimizerOf, pictureOf, planTable,
  preprocess, readModelFile, writeModelFile,
} = Object.assign({}, ...parts);

const [{ batchesOf }, { unpackSet }, { Trainer }] = await Promise.all(
  ["batches", "pictures", "trainer"].map((name) => import(`${backend}training/${name}.js`)));
const views = await Promise.all(["layers", "diagram", "why", "stress", "units", "cortex", "routes"].map((name) => import(`${backend}${name}.js`)));
const {
  answer, cortexRows, layerMaps, mapPair, networkDocument, rowMaps, stressDocument, unitResponses, unitTerms, whyDocument,
} = Object.assign({}, ...views);
const DOCUMENTS = {
  layers: layerMaps, network: networkDocument, why: whyDocument, stress: stressDocument, row: rowMaps, slide: mapPair, unit: unitTerms,
  units: cortexRows, turn: (model, _sample, options) => unitResponses(model, options),
};

const unpack = ({ shape, data }) => ({ shape, data: new Float32Array(Uint8Array.from(Buffer.from(data, "base64")).buffer) });
const pack = ({ shape, data }) => ({ shape, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64") });
const packAll = (tensors) => Object.fromEntries([...tensors].map(([name, tensor]) => [name, pack(tensor)]));
const unpackAll = (tensors) => new Map(Object.entries(tensors).map(([name, tensor]) => [name, unpack(tensor)]));

/** A pass forward and back. */
function gradients({ table, parameters, images, gradient, heads, isTraining }) {
  const network = buildNetwork(planTable(table), unpackAll(parameters));
  const trace = forward(network, unpack(images), { isTraining, random: () => 1 });
  const given = backward(network, trace, unpack(gradient), { ofHeads: heads.map(unpack), ofParameters: true });
  return {
    logits: pack(trace.logits),
    heads: trace.heads.map(pack),
    outputs: packAll(trace.outputs),
    images: pack(given.images),
    gradients: packAll(given.outputs),
    parameters: packAll(given.parameters),
    after: packAll(network.parameters),
  };
}

/** Steps of a training on one batch. */
function training({ table, parameters, images, labels, steps, epochSteps, weights }) {
  const network = buildNetwork(planTable(table), unpackAll(parameters));
  const { recipe } = table;
  const optimize = optimizerOf(network, recipe);
  const batch = { images: unpack(images), labels, weights: weights && balancedWeights(weights) };
  const done = Array.from({ length: steps }, (_, step) => {
    const rate = learningRate(recipe, step, epochSteps);
    const { loss, gradients: ofStep } = gradientsOf(network, recipe, batch, () => 1);
    optimize(ofStep, rate);
    return { rate, loss };
  });
  return { rates: done.map(({ rate }) => rate), losses: done.map(({ loss }) => loss), after: packAll(network.parameters) };
}

/** The rate of every step of a training. */
function schedule({ recipe, epochSteps, accuracies }) {
  const steps = Array.from({ length: epochSteps * recipe.epochs }, (_, step) => step);
  return { rates: steps.map((step) => learningRate(recipe, step, epochSteps, accuracies.slice(0, Math.floor(step / epochSteps)))) };
}

/** A model file read and written again. */
function file({ content }) {
  const model = readModelFile(new Uint8Array(Buffer.from(content, "base64")));
  return { parameters: packAll(model.parameters), content: Buffer.from(writeModelFile(model)).toString("base64") };
}

/** A canvas' pixels as a table's input. */
function picture({ table, side, width, height, pixels }) {
  const { fitted, input, isBlank } = preprocess(pictureOf({ width, height, data: Buffer.from(pixels, "base64") }), table, side);
  return { fitted: Buffer.from(fitted.data).toString("base64"), input: pack(input), isBlank: Boolean(isBlank) };
}

/** A model as the backend has it. */
function modelOf({ name, content, macs, side }) {
  const { table, classes, parameters, reliability } = readModelFile(new Uint8Array(Buffer.from(content, "base64")));
  return { name, network: buildNetwork(planTable(table), parameters), classes, macs, side, reliability };
}

/** What a view asks for, of a model file and a picture. */
function route({ name, content, macs, side, width, height, pixels, options }) {
  const model = modelOf({ name: "model", content, macs, side }), { table } = model.network.plan;
  const sample = preprocess(pictureOf({ width, height, data: Buffer.from(pixels, "base64") }), table, side);
  return DOCUMENTS[name](model, sample, options);
}

/** Models and documents for the requests that follow. */
function open({ models, documents }) {
  backendOfAll.models = new Map(models.map((model) => [model.name, modelOf(model)]));
  backendOfAll.documents = new Map(Object.entries(documents));
  return {};
}
const backendOfAll = { listed: [], models: new Map(), documents: new Map() };

/** A request as a view makes it. */
const request = ({ picture, ...rest }) =>
  answer(backendOfAll, { ...rest, picture: picture && { ...picture, data: Buffer.from(picture.pixels, "base64") } });

/** The parameters of a table before it learns. */
const initial = ({ table, seed }) => packAll(initialize(planTable(table), seed));

/** The first batches of an epoch. */
function batches({ table, set, epoch, count }) {
  const all = batchesOf(unpackSet(set, table).train, table, epoch);
  return Array.from({ length: count }, () => all.next().value).map(({ images, labels }) => ({ images: pack(images), labels: [...labels] }));
}

/** A training, as far as some slices of its work bring it. */
function learn({ table, set, slices }) {
  const trainer = new Trainer(table, unpackSet(set, table)), work = trainer.run();
  const losses = [];
  for (let slice = 0; slice < slices && !work.next().done; slice++) losses.push(trainer.progress?.loss ?? null);
  return { losses, history: trainer.history, parameters: packAll(trainer.evaluated.parameters) };
}

const KINDS = { gradients, training, schedule, file, picture, route, open, request, initial, batches, learn };
for await (const line of createInterface({ input: process.stdin })) {
  const { kind, ...rest } = JSON.parse(line);
  console.log(JSON.stringify(await KINDS[kind](rest)));
}
