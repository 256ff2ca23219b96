/**
 * The store: all state that outlives a view, in one object. The models, the chosen model and the picture are shared and
 * change by `setState`, which calls the watchers; only the pad writes the strokes as they are drawn, before it has made a
 * picture of them. Below them each view has a part that it alone changes.
 */

import { get } from "./api.js";
import { toPng } from "./canvas.js";
import { t } from "./i18n.js";
import { showError } from "./notice.js";
import { loadSamples, samplesOf } from "./samples.js";
import { copyStrokes, paintPad, SAMPLE } from "./strokes.js";

/** @import { ModelInfo, PadContent, Picture, SampleSet, State, Stroke } from "./types.d.ts" */

const FILTERED_SIDE = 256; // pixels of a picture in Filters, at most
const SENT_SIDE = 140; // pixels of a drawing that are sent, or more if the network takes more

/** @type {State} */
export const state = {
  models: [],
  model: "",
  samples: "digits",
  picture: null,
  strokes: [],
  draw: { pen: 8, photo: null },
  network: { model: "", path: "", unit: null, input: null, unfolded: new Set() },
  layers: { model: "", path: "", unit: null, input: null, animating: false, speed: 8 },
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
    drawn: null,
    second: { source: "", table: null },
    linked: null,
  },
  train: {
    run: "", compared: new Set(), data: "", table: null, numbers: {}, snapshots: "12", picture: "mine", snapshot: null,
    matrix: false, cell: null,
  },
  filters: { name: "sobel_x", kernel: null, stride: "1", padding: "valid", channel: "gray", side: "64", position: [23, 43] },
  cortex: {
    model: "", rows: [], path: "", unit: null, width: 1, contrast: "light", position: 0, orientation: 0,
    order: "number",
  },
  why: { model: "", picture: null, class: null, other: null, opacity: 0.8, depth: 56 },
  lessons: { lesson: null, exercise: null, seed: null, claim: "" },
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

/**
 * Call `changed` when another model is chosen, or another picture: a file may be read after the pad is left.
 * @param {() => void} changed
 * @returns {() => void} stops it
 */
export function watchInput(changed) {
  let { model } = state;
  let picture = currentPicture();
  return watch(() => {
    if (state.model === model && currentPicture() === picture) return;
    ({ model } = state);
    picture = currentPicture();
    changed();
  });
}

/** @param {Partial<Pick<State, "models" | "model" | "samples" | "picture" | "strokes">>} changes */
export function setState(changes) {
  Object.assign(state, changes);
  for (const watcher of [...watchers]) watcher();
}

/** Load the list of models; the chosen one stays if it is still there. */
export async function loadModels() {
  const { models } = await get("models");
  const found = models.some((model) => model.name === state.model);
  state.models = models;
  await chooseModel(found ? state.model : models[0].name);
}

/** What was on the pad for the models of each set of samples. @type {Map<SampleSet, PadContent>} */
const padContents = new Map();
let choices = 0;

/**
 * Choose a model. For one with other samples the picture is the last one of its kind: at first a sample, so that a network of
 * photographs opens on a photograph.
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
  const stays = state.picture && (samples === state.samples || name === state.model); // a run's samples are there when it ends
  const content = stays ? null : padContents.get(samples) ?? firstContent(samples);
  if (content) state.draw.photo = content.photo;
  setState({ model: name, samples, ...(content ? { picture: content.picture, strokes: content.strokes } : {}) });
}

/** What is on the pad at first: a sample, or nothing until the first digit is drawn. @param {SampleSet} set @returns {PadContent} */
function firstContent(set) {
  const [photo] = set === "digits" ? [] : samplesOf(set);
  if (!photo) return { picture: null, strokes: [], photo: null };
  return { picture: { blob: photo.file, name: photo.name, drawn: false }, strokes: [], photo };
}

/** The chosen model; undefined before the models are loaded. @returns {ModelInfo | undefined} */
const findModel = () => state.models.find((one) => one.name === state.model);

/** The shorter side, in pixels, of a photo that is enough for every model of the page, and for Filters. */
export const photoSide = () => Math.max(FILTERED_SIDE, ...state.models.map((model) => model.side));

/** The picture that all views look at; a sample before anything is drawn. @returns {Picture} */
export const currentPicture = () => state.picture ?? setPad({ photo: null, strokes: copyStrokes(SAMPLE) });

/**
 * Put a photo and strokes on the pad, and make that the current picture.
 * @param {Pick<PadContent, "photo" | "strokes">} content
 * @returns {Picture}
 */
export function setPad({ photo, strokes }) {
  state.draw.photo = photo;
  const picture = padPicture(strokes);
  setState({ picture, strokes });
  return picture;
}

/** The pad's photo with strokes on it as a picture; the photo's file if there are none. @param {Stroke[]} strokes @returns {Picture} */
export function padPicture(strokes) {
  const { photo, pen } = state.draw;
  if (photo && strokes.length === 0) return { blob: photo.file, name: photo.name, drawn: false };
  const side = Math.max(SENT_SIDE, ...(findModel()?.input.slice(1) ?? []));
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  paintPad(context, { photo, strokes }, pen / 100);
  return { blob: toPng(canvas), name: t("pad.name"), drawn: true };
}
