/**
 * The store: all state that outlives a view, in one object. The models, the chosen model and the picture are shared and
 * change by `setState`, which calls the watchers; below them each view has a part that it alone changes.
 */

import { get } from "./api.js";
import { toPng } from "./canvas.js";
import { t } from "./i18n.js";
import { session } from "./storage.js";
import { SAMPLE, paintStrokes } from "./strokes.js";

/** @import { ModelInfo, Picture, State, Stroke } from "./types.d.ts" */

const PAD = { side: 280, pen: 0.08 };

/** @type {State} */
export const state = {
  models: [],
  model: "",
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

/** @param {Partial<Pick<State, "models" | "model" | "picture" | "strokes">>} changes */
export function setState(changes) {
  Object.assign(state, changes);
  for (const watcher of [...watchers]) watcher();
}

/** Save the model and the drawing for when the tab is loaded again. */
export function saveSession() {
  const strokes = state.picture?.drawn ? state.strokes : null;
  session.setItem("session", JSON.stringify({ model: state.model, strokes }));
}

/** Restore what `saveSession` saved. */
export function restoreSession() {
  const { model = "", strokes = null } = JSON.parse(session.getItem("session") ?? "{}");
  state.model = model;
  if (strokes) setDrawing(strokes);
}

/** Load the list of models; the chosen one stays if it is still there. */
export async function loadModels() {
  const { models } = await get("models");
  const found = models.some((model) => model.name === state.model);
  setState({ models, model: found ? state.model : models[0].name });
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
