/**
 * What Cortex asks for: the rows to record from, their units' responses to a bar that turns, and to gratings;
 * striate/web/lab/cortex.py.
 */

import { flatten } from "../engine/plan.js";
import { roundHalfEven } from "../engine/rounding.js";
import { encodeBase64 } from "./base64.js";
import { modelOf, stepOf } from "./models.js";
import { visibleField } from "./pixels-read.js";
import { means } from "./quantize.js";
import { RequestError, queryFloat, queryInt, queryText } from "./query.js";
import { receptiveFields } from "./receptive-field.js";
import { bar } from "./stimuli.js";
import { SELECTIVE, clearest, excitation, leastOf, measureTuning, middleUnit, preferredOrientation, unitValues } from "./tuning.js";

/** @import { Axis, BackendModel, Box, Luminance, Query, Routes } from "./types.d.ts" */

const MOST_UNITS = 1e6, MOST_PIXELS = 1e4; // no input is as large
const STRIPES = 4; // a bar is a quarter of the field wide by default
const MOST_MACS = 1e9; // of a network for which gratings are measured
const LEAST_SIDE = 32, MOST_SIDE = 112; // pixels of the input that are shown at least, and of the pictures sent at most
const ORIENTATIONS = Array.from({ length: 36 }, (_, step) => 5 * step);
const CONTRASTS = { light: 1, dark: -1 };

/** @type {Routes} */
export const cortexRoutes = {
  "GET units": (backend, query) => cortexRows(modelOf(backend, query)),
  "GET turn": (backend, query) => {
    const [name, path] = [queryText(query, "model"), queryText(query, "path")];
    const width = queryFloat(query, "width", 0.1, MOST_PIXELS), position = queryFloat(query, "position", -MOST_PIXELS, MOST_PIXELS, 0);
    const contrast = readContrast(query);
    const unit = "unit" in query ? queryInt(query, "unit", 0, MOST_UNITS) : null;
    return unitResponses(modelOf(backend, { model: name }), { path, width, position, contrast, unit });
  },
  "GET gratings": (backend, query) => {
    const [name, path] = [queryText(query, "model"), queryText(query, "path")];
    return byGratings(modelOf(backend, { model: name }), { path });
  },
};

/** @param {Query} query */
function readContrast(query) {
  const name = queryText(query, "contrast", "light");
  if (name !== "light" && name !== "dark") throw new RequestError("contrast: expected light or dark");
  return CONTRASTS[name];
}

/**
 * Every row: how many units can be chosen, the extent of their fields, and a width to begin with.
 * @param {BackendModel} model
 */
export function cortexRows({ network: { plan } }) {
  const fields = receptiveFields(plan), longest = Math.max(...plan.table.input.slice(1));
  return { rows: flatten(plan.steps).map(({ path, row, output: [count] }) => {
    const [[height], [width]] = /** @type {[Axis, Axis]} */ (fields.get(path));
    const extent = Math.min(Math.max(height, width), longest);
    return { path, type: row.type, count, extent, width: Math.max(1, extent / STRIPES) };
  }) };
}

/**
 * The responses of a row's units to a bar at every orientation, in full of one of them, the clearest by default.
 * @param {BackendModel} model
 * @param {{ path: string, width: number, position?: number, contrast?: number, unit?: number | null }} options
 */
export function unitResponses(model, { path, width, position = 0, contrast = 1, unit = null }) {
  const { plan } = model.network, step = stepOf(plan, path), size = /** @type {[number, number]} */ (plan.table.input.slice(1));
  const field = visibleField(plan, step, middleUnit(step)), centre = centreOf(field);
  const pictures = ORIENTATIONS.map((orientation) => bar(size, { orientation, width, position, contrast, centre }));
  const background = bar(size, { orientation: 0, width: 0, position: 0, contrast, centre });
  const units = unitValues(model, step, [background, ...pictures]).map(([spontaneous, ...values]) => {
    const shown = Float64Array.from(values), added = excitation(shown, spontaneous, leastOf(shown));
    return { responses: values.map((value) => value - spontaneous), ...preferredOrientation(ORIENTATIONS, added) };
  });
  if (unit !== null && unit >= units.length) {
    throw new RequestError(`unit: expected a whole number from 0 to ${units.length - 1}, as row ${path} has ${units.length}`);
  }
  const broken = units.findIndex(({ responses }) => !responses.every(Number.isFinite));
  if (broken >= 0) throw new RequestError(`row ${path}: unit ${broken} gives numbers that are not finite`);
  const best = clearest(units), index = unit ?? best, { responses, preferred, selectivity } = units[index];
  const window = visibleCrop(field, size);
  return {
    unit: index, clearest: best, input: size, field, window, ...croppedPictures(pictures, window), orientations: ORIENTATIONS, responses,
    preferred, selectivity, selective: selectivity >= SELECTIVE, roses: encodeBase64(Uint8Array.from(units.flatMap(roseOf))),
    selectivities: units.map((one) => one.selectivity),
  };
}

/**
 * The selectivity of a row's units by gratings.
 * @param {BackendModel} model
 * @param {{ path: string }} options
 */
export function byGratings(model, { path }) {
  const { plan } = model.network;
  if (model.macs > MOST_MACS) {
    throw new RequestError(`gratings: ${plan.table.name} takes too long here; expected ${MOST_MACS.toLocaleString("en")} MACs at most`);
  }
  const tuned = measureTuning(model, stepOf(plan, path));
  return {
    selectivities: tuned.map(({ selectivity }) => selectivity), preferred: tuned.map(({ preferred }) => preferred), threshold: SELECTIVE,
  };
}

/** @param {Box} field @returns {[number, number]} */
const centreOf = ({ top, left, height, width }) => [top + (height - 1) / 2, left + (width - 1) / 2];

/**
 * A tuning curve as bytes: shares of its largest; all 0 for a unit without a preference.
 * @param {{ responses: number[], preferred: number | null }} unit
 */
function roseOf({ responses, preferred }) {
  const rises = responses.map((response) => (preferred === null ? 0 : Math.max(0, response)));
  const largest = Math.max(...rises);
  return rises.map((rise) => roundHalfEven((largest > 0 ? rise / largest : 0) * 255));
}

/**
 * The part of a picture around a receptive field: four times the field, within the picture.
 * @param {Box} field
 * @param {[number, number]} size
 */
function visibleCrop(field, size) {
  const side = Math.max(LEAST_SIDE, 4 * Math.max(field.height, field.width));
  const [height, width] = size.map((whole) => Math.min(side, whole));
  const within = (/** @type {number} */ start, /** @type {number} */ room) => Math.min(Math.max(0, start), room);
  return {
    top: within(field.top + Math.floor((field.height - height) / 2), size[0] - height),
    left: within(field.left + Math.floor((field.width - width) / 2), size[1] - width), height, width,
  };
}

/**
 * The stimuli cropped, as gray levels, scaled down to means where they are large.
 * @param {Luminance[]} pictures
 * @param {Box} crop
 */
function croppedPictures(pictures, { top, left, height, width }) {
  const longer = Math.max(height, width);
  const side = (/** @type {number} */ pixels) => (longer > MOST_SIDE ? Math.max(1, Math.floor((pixels * MOST_SIDE) / longer)) : pixels);
  const size = [side(height), side(width)];
  const cropped = new Float32Array(pictures.length * height * width);
  pictures.forEach((picture, index) => {
    for (let y = 0; y < height; y++) {
      const from = (top + y) * picture.width + left;
      cropped.set(picture.data.subarray(from, from + width), (index * height + y) * width);
    }
  });
  return { size, pictures: encodeBase64(Uint8Array.from(means(cropped, [height, width], size), roundHalfEven)) };
}
