/** Orientation tuning: to which orientation each unit responds, and how selectively; striate/inspection/tuning.py. */

import { forward } from "../engine/network.js";
import { asInput, blank, grating } from "./stimuli.js";

/** @import { BackendModel, Luminance } from "./types.d.ts" */
/** @import { Step, Tensor } from "../engine/types.d.ts" */

export const SELECTIVE = 1 / 3; // a unit with at least this selectivity counts as selective
const EXCITED = 1 / 5; // of the largest fall: a unit whose value rises by less is inhibited, not tuned
const ROUNDING = 1e-5; // of the unit's value at mid-gray: smaller responses are rounding errors
const QUICK_MACS = 1e6; // a network with fewer gets more gratings
const PHASES = [0, 90, 180, 270];

/**
 * The values of a row's units, a map's middle one or every one without a place, for each picture.
 * @param {BackendModel} model
 * @param {Step} step
 * @param {Luminance[]} pictures
 * @returns {Float64Array[]} of each unit, in the pictures' order
 */
export function unitValues({ network }, { path, output: [maps, height = 1, width = 1] }, pictures) {
  const values = Array.from({ length: maps }, () => new Float64Array(pictures.length));
  const middle = Math.floor(height / 2) * width + Math.floor(width / 2);
  pictures.forEach((picture, index) => {
    const { outputs } = forward(network, asInput(picture, network.plan.table), { upTo: path });
    const { data } = /** @type {Tensor} */ (outputs.get(path));
    for (let map = 0; map < maps; map++) values[map][index] = data[map * height * width + middle];
  });
  return values;
}

/** (row, column) of the unit in the middle of a row's maps; null without maps. @param {Step} step */
export const middleUnit = ({ output }) => (output.length === 3 ? [Math.floor(output[1] / 2), Math.floor(output[2] / 2)] : null);

/**
 * The preferred orientation and selectivity of a row's units by gratings, and their responses: the best of each orientation, by its peak
 * over the phases.
 * @param {BackendModel} model
 * @param {Step} step
 */
export function measureTuning(model, step) {
  const [, height, width] = model.network.plan.table.input, size = /** @type {[number, number]} */ ([height, width]);
  const { orientations, wavelengths } = gratingsFor(model);
  const pictures = orientations.flatMap((orientation) => wavelengths.flatMap((wavelength) =>
    PHASES.map((phase) => grating(size, orientation, wavelength, phase))));
  return unitValues(model, step, [blank(size), ...pictures]).map((values) => {
    const peaks = Float64Array.from({ length: orientations.length * wavelengths.length }, (_, index) => {
      const [a, b, c, d] = values.subarray(1 + 4 * index);
      return (a + b + c + d) / 4 + Math.hypot(a - c, b - d) / 2;
    });
    const responses = excitation(peaks, values[0], leastOf(values));
    const best = orientations.map((_, index) =>
      Math.max(...responses.subarray(index * wavelengths.length, (index + 1) * wavelengths.length)));
    return { ...preferredOrientation(orientations, best), responses: best };
  });
}

/** Those at which a model's units are measured, in degrees. @param {BackendModel} model */
export const orientationsOf = (model) => gratingsFor(model).orientations;

/** @param {BackendModel} model */
function gratingsFor({ network, macs }) {
  const fine = macs < QUICK_MACS ? 2 : 1, most = Math.max(...network.plan.table.input.slice(1));
  return {
    orientations: Array.from({ length: 12 * fine }, (_, step) => (step * 15) / fine),
    wavelengths: Array.from({ length: 3 * fine + 1 }, (_, step) => 3 * 2 ** (step / fine)).filter((wavelength) => wavelength <= most),
  };
}

/**
 * The rise of a unit's values above that without a stimulus; 0 where there is none beyond rounding, and everywhere for a unit that is
 * mostly inhibited.
 * @param {Float64Array} values
 * @param {number} spontaneous
 * @param {number} lowest
 */
export function excitation(values, spontaneous, lowest) {
  const added = values.map((value) => value - spontaneous);
  const isExcited = added.reduce((a, b) => Math.max(a, b)) >= EXCITED * (spontaneous - lowest);
  return added.map((rise) => (isExcited && rise > ROUNDING * Math.abs(spontaneous) ? rise : 0));
}

/**
 * Half the angle of the resultant, in degrees, or null without a response; its length by the sum of the responses; and that sum.
 * Source: Swindale 1998; Ringach, Shapley and Hawken 2002.
 * @param {number[]} orientations
 * @param {ArrayLike<number>} responses not below 0
 */
export function preferredOrientation(orientations, responses) {
  let [real, imaginary, total] = [0, 0, 0];
  orientations.forEach((orientation, index) => {
    const angle = (orientation * Math.PI) / 90;
    real += responses[index] * Math.cos(angle);
    imaginary += responses[index] * Math.sin(angle);
    total += responses[index];
  });
  const degrees = (((Math.atan2(imaginary, real) * 90) / Math.PI) + 180) % 180;
  return { preferred: total === 0 ? null : degrees, selectivity: total === 0 ? 0 : Math.hypot(real, imaginary) / total, total };
}

/**
 * The unit with the longest resultant, if possible a selective one.
 * @param {{ selectivity: number, total: number }[]} units
 */
export function clearest(units) {
  const isSelective = units.some(({ selectivity }) => selectivity >= SELECTIVE);
  const lengths = units.map(({ selectivity, total }) => (isSelective && selectivity < SELECTIVE ? 0 : selectivity * total));
  return lengths.indexOf(Math.max(...lengths));
}

/** @param {Float64Array} values */
export const leastOf = (values) => values.reduce((a, b) => Math.min(a, b));
