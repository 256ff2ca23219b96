/**
 * How a recipe's augmentation changes colours, for uniform numbers that were drawn; striate/data/color_jitter.py.
 */

import { principalComponents } from "./components.js";

/** @import { Drawn, Jitter } from "./types.d.ts" */
/** @import { Picture } from "../engine/types.d.ts" */

const LEAST = 1e-6; // of a uniform number that becomes a normal one

/**
 * How values from 0 to 255 change: times `gain`, plus an offset for each channel, then clamped; null if they do not.
 * @param {Drawn[]} steps
 * @param {number[][] | null} components
 * @param {number} channels
 * @returns {Jitter | null}
 */
export function jitterOf(steps, components, channels) {
  const changing = steps.filter(({ step: { type } }) => type === "Brightness" || type === "PCAColour");
  if (!changing.length) return null;
  let gain = 1, offsets = Array(channels).fill(0);
  for (const { step, draws } of changing) {
    if (step.type === "Brightness") {
      const factor = 1 + step.by * (2 * draws[0] - 1);
      [gain, offsets] = [gain * factor, offsets.map((offset) => offset * factor)];
    } else if (components) {
      const normal = Array.from(draws, (draw) => step.sigma * inverseNormal(Math.min(1 - LEAST, Math.max(LEAST, draw))));
      offsets = offsets.map((offset, channel) => offset + 255 * components.reduce((sum, one, k) => sum + normal[k] * one[channel], 0));
    }
  }
  return { gain, offsets };
}

/**
 * The components of a picture's colours, as of a set of so many copies; null if no step needs them, or a picture has no colours.
 * @param {{ type: string }[]} steps
 * @param {Picture} picture
 * @param {number} copies
 */
export const componentsOf = (steps, picture, copies) =>
  (picture.channels === 3 && steps.some(({ type }) => type === "PCAColour") ? principalComponents(picture, copies) : null);

/**
 * The number below which a normal one lies with this probability. Source: Wichura 1988, AS241.
 * @param {number} p from 1e-11 to 1 - 1e-11
 */
function inverseNormal(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, CENTRAL);
  return Math.sign(q) * ratio(Math.sqrt(-Math.log(q < 0 ? p : 1 - p)) - 1.6, TAIL);
}

/** @param {number} r @param {number[][]} coefficients of the numerator and the denominator, the highest power first */
function ratio(r, coefficients) {
  const [numerator, denominator] = coefficients.map((powers) => powers.reduce((sum, coefficient) => sum * r + coefficient, 0));
  return numerator / denominator;
}

const CENTRAL = [
  [2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946,
    1971.5909503065513, 133.14166789178438, 3.3871328727963665],
  [5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751,
    687.1870074920579, 42.31333070160091, 1],
];
const TAIL = [
  [0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835],
  [1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
    0.6897673349851, 1.6763848301838038, 2.053191626637759, 1],
];
