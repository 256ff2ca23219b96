/**
 * The store: all state that outlives a view, in one object. The models, the chosen model and the picture are shared and
 * change by `setState`, which calls the watchers; below them each view has a part that it alone changes.
 */

import { get } from "./api.js";
import { toPng } from "./canvas.js";
import { t } from "./i18n.js";
import { showError } from "./notice.js";
import { loadSamples, samplesOf } from "./samples.js";
import { session } from "./storage.js";
import { SAMPLE, paintStrokes } from "./strokes.js";

/** @import { ModelInfo, PadContent, Picture, SampleSet, State, Stroke } from "./types.d.ts" */

const PAD = { side: 280, pen: 0.08 };

/** @type {State} */
export const state = {
  models: [],
  model: "",
  samples: "digits",
  picture: null,
  strokes: [],
  draw: { pen: 100 * PAD.pen, photo: null },
  layers: { model: "", path: "", unit: null, input: null, expanded: new Set(), animating: false, speed: 8 },
  stress: { amounts: {}, sweep: "rotation" },
  table: {
    catalog: { families: [], kinds: {} },
    model: "",
    source: "",
    original: null,
    table: { name: "", input: [], rows: [] },
    report: null,
    past: [],
    future: [],
    lastField: "",
    open: new Set(),
    details: new Set(),
    second: { source: "", table: null },
  },
  train: { run: "", compared: new Set(), data: "", table: null, numbers: {}, snapshots: "12" },
  filters: { name: "sobel_x", kernel: null, stride: "1", padding: "valid", channel: "gray", side: "64", position: [23, 43] },
  cortex: {
    model: "", rows: [], path: "", unit: null, width: 1, contrast: "light", position: 0, orientation: 0, measured: new Set(),
  },
  why: { model: "", picture: null, class: null, opacity: 0.8, depth: 56 },
};

/** @type {Set<() => void>} */
const watchers = new Set();

/**
 * Call `watcher` after every change of the shared state.
 * @param {() => void} watcher
 * @returns {() => void} stops it
 */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/**
 * Call `changed` when another model is chosen.
 * @param {() => void} changed
 * @returns {() => void} stops it
 */
export function watchModel(changed) {
  let { model } = state;
  return watch(() => {
    if (state.model === model) return;
    ({ model } = state);
    changed();
  });
}

/** @param {Partial<Pick<State, "models" | "model" | "samples" | "picture" | "strokes">>} changes */
export function setState(changes) {
  Object.assign(state, changes);
  for (const watcher of [...watchers]) watcher();
}

/** Save the model and the drawing for when the tab is loaded again. */
export function saveSession() {
  const strokes = state.picture?.drawn ? state.strokes : null;
  session.setItem("session", JSON.stringify({ model: state.model, samples: state.samples, strokes }));
}

/** Restore what `saveSession` saved. */
export function restoreSession() {
  const { model = "", samples = "digits", strokes = null } = JSON.parse(session.getItem("session") ?? "{}");
  Object.assign(state, { model, samples });
  if (strokes) setDrawing(strokes);
}

/** Load the list of models; the chosen one stays if it is still there. */
export async function loadModels() {
  const { models } = await get("models");
  const found = models.some((model) => model.name === state.model);
  state.models = models;
  await chooseModel(found ? state.model : models[0].name);
}

/** What was on the pad for models of each kind. @type {Map<SampleSet, PadContent>} */
const padContents = new Map();
let choices = 0;

/**
 * Choose a model. For one of another kind the picture is the last one of that kind: a photograph for a network of
 * photographs, at first a sample.
 * @param {string} name
 */
export async function chooseModel(name) {
  const choice = ++choices;
  const samples = state.models.find((model) => model.name === name)?.samples ?? state.samples;
  await loadSamples(samples).catch(showError);
  if (choice !== choices) return; // another one is chosen meanwhile
  if (samples !== state.samples) {
    padContents.set(state.samples, { picture: state.picture, strokes: state.strokes, photo: state.draw.photo });
  }
  const content = samples === state.samples && state.picture ? null : padContents.get(samples) ?? firstContent(samples);
  if (content) state.draw.photo = content.photo;
  setState({ model: name, samples, ...(content ? { picture: content.picture, strokes: content.strokes } : {}) });
}

/** What is on the pad at first: a photograph, or nothing until the first digit is drawn. @param {SampleSet} set @returns {PadContent} */
function firstContent(set) {
  const [photo] = set === "photos" ? samplesOf(set) : [];
  if (!photo) return { picture: null, strokes: [], photo: null };
  return { picture: { blob: photo.file, name: photo.name, drawn: false }, strokes: [], photo };
}

/** @returns {ModelInfo} */
export function currentModel() {
  const model = state.models.find((one) => one.name === state.model);
  if (!model) throw new Error("no model");
  return model;
}

/**
 * The picture that all views look at; a sample before anything is drawn.
 * @returns {Picture}
 */
export const currentPicture = () => state.picture ?? setDrawing(structuredClone(SAMPLE));

/**
 * Make strokes the current picture, as the pad paints them.
 * @param {Stroke[]} strokes
 * @returns {Picture}
 */
function setDrawing(strokes) {
  const canvas = Object.assign(document.createElement("canvas"), { width: PAD.side, height: PAD.side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, PAD.side, PAD.side);
  paintStrokes(context, strokes, PAD.pen);
  const picture = { blob: toPng(canvas), name: t("pad.name"), drawn: true };
  setState({ picture, strokes });
  return picture;
}
