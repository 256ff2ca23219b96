/**
 * Pictures shifted, scaled, rotated, thickened, made noisy, with values rounded to whole gray levels: striate/inspection/perturbations.py.
 */

import { roundHalfEven } from "../engine/rounding.js";

/** @import { Picture } from "../engine/types.d.ts" */
/** @import { Amounts } from "./types.d.ts" */

/** @typedef {"zeros" | "border"} Fill what comes in from outside a picture */

/** What a perturbation's amount is where it changes nothing. @type {Amounts} */
export const NEUTRAL = { thickness: 0, scale: 1, rotation: 0, shift: 0, noise: 0 };

/**
 * Zeros if the training pictures had a ground of zeros, else the edge.
 * @param {{ light_on_dark: boolean, content: unknown }} preprocessing
 * @returns {Fill}
 */
export const fillOf = ({ light_on_dark, content }) => (light_on_dark || content ? "zeros" : "border");

/**
 * All perturbations, one after the other.
 * @param {Picture} picture
 * @param {Partial<Amounts>} amounts
 * @param {Fill} fill
 * @param {ArrayLike<number>} noise normal numbers, one for each value of the picture
 * @returns {Picture}
 */
export function perturb(picture, amounts, fill, noise) {
  const { thickness, scale, rotation, shift: right, noise: deviation } = { ...NEUTRAL, ...amounts };
  const [sine, cosine] = [Math.sin((rotation * Math.PI) / 180), Math.cos((rotation * Math.PI) / 180)];
  const thick = thicken(picture, thickness, fill);
  const scaled = resample(thick, [1 / scale, 0, 0, 0, 1 / scale, 0], fill);
  const rotated = resample(scaled, [cosine, -sine, 0, sine, cosine, 0], fill);
  const shifted = shift(rotated, right, fill);
  return { ...shifted, data: Uint8Array.from(shifted.data, (value, at) => toByte(value + deviation * noise[at])) };
}

/**
 * A picture shifted to the right by so many pixels.
 * @param {Picture} picture
 * @param {number} right
 * @param {Fill} fill
 */
export const shift = (picture, right, fill) => resample(picture, [1, 0, -right, 0, 1, 0], fill);

/** @param {number} value */
const toByte = (value) => Math.min(255, Math.max(0, roundHalfEven(value)));

/**
 * Strokes that are wider by so many pixels on each side; negative is thinner. They are light where `fill` is "zeros", else dark.
 * @param {Picture} picture
 * @param {number} pixels
 * @param {Fill} fill
 */
function thicken(picture, pixels, fill) {
  const growsLight = pixels > 0 === (fill === "zeros");
  const negative = (/** @type {Picture} */ one) => ({ ...one, data: one.data.map((value) => 255 - value) });
  return growsLight ? dilate(picture, Math.abs(pixels)) : negative(dilate(negative(picture), Math.abs(pixels)));
}

/**
 * The largest value times weight over a disc, with weights from 1 at `radius` down to 0 a pixel further.
 * @param {Picture} picture
 * @param {number} radius
 * @returns {Picture}
 */
function dilate(picture, radius) {
  const { channels, height, width, data } = picture;
  const reach = Math.ceil(radius);
  const largest = new Float64Array(data.length);
  for (let down = -reach; down <= reach; down++) {
    for (let right = -reach; right <= reach; right++) {
      const weight = Math.min(1, radius + 1 - Math.hypot(down, right));
      if (weight <= 0) continue;
      for (let line = 0; line < channels * height; line++) {
        const y = (line % height) + down;
        if (y < 0 || y >= height) continue;
        const from = (line + down) * width + right;
        for (let x = Math.max(0, -right); x < Math.min(width, width - right); x++) {
          largest[line * width + x] = Math.max(largest[line * width + x], weight * data[from + x]);
        }
      }
    }
  }
  return { ...picture, data: Uint8Array.from(largest, toByte) };
}

/** @param {Picture} picture @param {number[]} source @param {Fill} fill @returns {Picture} */
const resample = (picture, source, fill) => ({ ...picture, data: Uint8Array.from(resampled(picture, source, fill), toByte) });

/**
 * A picture's values taken from elsewhere in it, bilinearly: `source` times the (x, y, 1) of a pixel, from the middle, is where.
 * @param {Picture} picture
 * @param {number[]} source two rows of three
 * @param {Fill} fill
 */
function resampled({ channels, height, width, data }, [a, b, c, d, e, f], fill) {
  const size = height * width, middle = [(height - 1) / 2, (width - 1) / 2];
  const values = new Float64Array(data.length);
  const valueAt = (/** @type {number} */ first, /** @type {number} */ y, /** @type {number} */ x) =>
    (y < 0 || y >= height || x < 0 || x >= width ? 0 : data[first + y * width + x]);
  const inside = (/** @type {number} */ place, /** @type {number} */ side) =>
    (fill === "zeros" ? place : Math.min(side - 1, Math.max(0, place)));
  for (let at = 0; at < size; at++) {
    const [dx, dy] = [(at % width) - middle[1], Math.floor(at / width) - middle[0]];
    const x = inside(a * dx + b * dy + c + middle[1], width), y = inside(d * dx + e * dy + f + middle[0], height);
    const [left, top] = [Math.floor(x), Math.floor(y)], [right, down] = [x - left, y - top];
    for (let channel = 0; channel < channels; channel++) {
      const first = channel * size;
      values[first + at] = (valueAt(first, top, left) * (1 - right) + valueAt(first, top, left + 1) * right) * (1 - down)
        + (valueAt(first, top + 1, left) * (1 - right) + valueAt(first, top + 1, left + 1) * right) * down;
    }
  }
  return values;
}
