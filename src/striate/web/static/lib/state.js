/** What all views share: the models, the one that is looked into, and the picture under the lens. */

import { get } from "./api.js";
import { t } from "./language.js";
import { png } from "./pixels.js";
import { SAMPLE, paintStrokes } from "./strokes.js";

/** @typedef {{ name: string, table: string, input: [number, number, number] }} ModelInfo */
/** @typedef {{ blob: Blob, name: string, drawn: boolean }} Picture a file, or what was drawn on the pad */

/** @type {{ models: ModelInfo[], model: string, picture: Picture | null, strokes: import("./strokes.js").Stroke[] }} */
export const state = { models: [], model: "", picture: null, strokes: [] };

/** @type {Set<() => void>} */
const watchers = new Set();

/**
 * Be told when the model or the picture is another one. Returns what ends it.
 * @param {() => void} watcher
 * @returns {() => void}
 */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** @param {Partial<typeof state>} changes */
export function change(changes) {
  Object.assign(state, changes);
  for (const watcher of [...watchers]) watcher();
}

/** Before the page goes: what a tab is to have again when it is loaded anew, the model and the drawing. */
export function keep() {
  const drawn = state.picture?.drawn ? state.strokes : null;
  sessionStorage.setItem("kept", JSON.stringify({ model: state.model, strokes: drawn }));
}

/** What `keep` kept. */
export function recall() {
  const { model = "", strokes = null } = JSON.parse(sessionStorage.getItem("kept") ?? "{}");
  state.model = model;
  if (strokes) sketch(strokes);
}

/** Ask again which models there are; the chosen one stays, while it is among them. */
export async function loadModels() {
  const { models } = await get("models");
  const kept = models.some((/** @type {ModelInfo} */ model) => model.name === state.model);
  change({ models, model: kept ? state.model : models[0].name });
}

/** @returns {ModelInfo} */
export function model() {
  const found = state.models.find((one) => one.name === state.model);
  if (!found) throw new Error("no model");
  return found;
}

/**
 * The picture under the lens; before anything was drawn, the sample.
 * @returns {Picture}
 */
export function lens() {
  return state.picture ?? sketch(structuredClone(SAMPLE));
}

/**
 * Put strokes under the lens, as the pad would draw them.
 * @param {import("./strokes.js").Stroke[]} strokes
 * @returns {Picture}
 */
function sketch(strokes) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 280, height: 280 });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, 280, 280);
  paintStrokes(context, strokes, 0.08);
  const picture = { blob: png(canvas), name: t("pad.name"), drawn: true };
  change({ picture, strokes });
  return picture;
}
