/** The model that a request names, and its picture as that model's input: striate/web/lab/lab.py. */

import { readModelFile } from "../engine/model-file.js";
import { buildNetwork, forward } from "../engine/network.js";
import { pictureOf, preprocess } from "../engine/picture.js";
import { flatten, planTable } from "../engine/plan.js";
import { quoted } from "../engine/spelling.js";
import { RequestError, queryText } from "./query.js";
import { nearestName } from "./similar.js";
import { runsOf } from "./training/store.js";

/** @import { Backend, BackendModel, ModelContent, PixelPicture, Query, Sample } from "./types.d.ts" */
/** @import { Plan, Step, Trace } from "../engine/types.d.ts" */

const BLANK = "blank: nothing in it";
const LISTED = 12; // rows that an error names

/** A model file as the routes need it. @param {ModelContent} model @returns {BackendModel} */
export function openModel({ name, content, macs, side }) {
  const { table, classes, parameters, reliability } = readModelFile(content);
  return { name, network: buildNetwork(planTable(table), parameters), classes, macs, side, reliability };
}

/** @param {Backend} backend @param {Query} query */
export function modelOf(backend, query) {
  const name = queryText(query, "model"), model = backend.models.get(name) ?? runsOf(backend).model(name);
  if (!model) throw new RequestError("no model of that name", 404);
  return model;
}

/**
 * Several views ask about one picture.
 * @type {{ model: BackendModel, picture: PixelPicture, sample: Sample } | null}
 */
let last = null;
/** @type {WeakMap<Sample, Trace>} */
const traces = new WeakMap();

/** A picture's pixels as a model's input. @param {BackendModel} model @param {PixelPicture | null} picture @returns {Sample} */
export function sampleOf(model, picture) {
  if (!picture) throw new RequestError("the image: empty");
  if (last?.model !== model || !isSame(last.picture, picture)) {
    const { fitted, input, isBlank } = preprocess(pictureOf(picture), model.network.plan.table, model.side);
    last = { model, picture, sample: { fitted, input, isBlank: Boolean(isBlank) } };
  }
  return last.sample;
}

/** @param {PixelPicture} one @param {PixelPicture} other */
function isSame({ width, height, data }, other) {
  if (width !== other.width || height !== other.height) return false;
  for (let at = 0; at < data.length; at++) if (data[at] !== other.data[at]) return false;
  return true;
}

/** What all rows compute for a sample of a model. @param {BackendModel} model @param {Sample} sample */
export function traceOf({ network }, sample) {
  const trace = traces.get(sample) ?? forward(network, sample.input);
  traces.set(sample, trace);
  return trace;
}

/**
 * What `work` gives for the model and the picture of a request, with the note on a blank picture.
 * @param {Backend} backend
 * @param {Query} query
 * @param {PixelPicture | null} picture
 * @param {(model: BackendModel, sample: Sample) => object} work
 */
export function respondToImage(backend, query, picture, work) {
  const model = modelOf(backend, query), sample = sampleOf(model, picture);
  return { ...work(model, sample), ...(sample.isBlank ? { note: BLANK } : {}) };
}

/** The step of a path; an error that names a near one, or the first few. @param {Plan} plan @param {string} path @returns {Step} */
export function stepOf({ table, steps }, path) {
  const all = flatten(steps);
  const found = all.find((step) => step.path === path);
  if (found) return found;
  const paths = all.map((step) => step.path), near = nearestName(path, paths);
  const hint = near === null ? `expected one of ${paths.slice(0, LISTED).join(", ")}${paths.length > LISTED ? ", ..." : ""}`
    : `did you mean ${quoted(near)}?`;
  throw new RequestError(`table ${table.name}: there is no row ${quoted(path)}: ${hint}`);
}
