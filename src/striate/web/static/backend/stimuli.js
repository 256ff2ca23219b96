/**
 * The bars of Hubel and Wiesel and sinusoidal gratings, as luminance from 0 to 255 around mid-gray; striate/inspection/stimuli.py.
 *
 * An orientation is in degrees, counterclockwise from horizontal; a position is a distance across the bar, downwards at 0 degrees.
 */

import { tensor } from "../engine/tensor.js";

/** @import { Luminance } from "./types.d.ts" */
/** @import { TableDocument } from "../engine/types.d.ts" */

const MID_GRAY = 127.5;

/** Mid-gray. @param {[number, number]} size @returns {Luminance} */
export const blank = ([height, width]) => ({ height, width, data: new Float32Array(height * width).fill(MID_GRAY) });

/**
 * Stripes: the luminance is a cosine of the distance from the picture's middle across them.
 * @param {[number, number]} size
 * @param {number} orientation
 * @param {number} wavelength
 * @param {number} phase in degrees
 */
export const grating = (size, orientation, wavelength, phase) => drawn(size, orientation, [(size[0] - 1) / 2, (size[1] - 1) / 2],
  (across) => Math.cos((2 * Math.PI * across) / wavelength - radians(phase)));

/**
 * A bar across the picture: light on dark, or dark on light for a contrast below 0. The luminance of a pixel at its edge is in
 * proportion to the part that the bar covers.
 * @param {[number, number]} size
 * @param {{ orientation: number, width: number, position: number, contrast: number, centre: [number, number] }} of
 */
export const bar = (size, { orientation, width, position, contrast, centre }) => drawn(size, orientation, centre, (across) => {
  const covered = Math.min(across - position + 0.5, width / 2) - Math.max(across - position - 0.5, -width / 2);
  return contrast * (2 * Math.max(0, covered) - 1);
});

/**
 * A picture of a table's size as its network's input: the same luminance in each channel, normalized.
 * @param {Luminance} picture
 * @param {TableDocument} table
 */
export function asInput({ height, width, data }, { input: [channels], preprocessing: { mean, std } }) {
  const input = tensor([1, channels, height, width]), size = height * width;
  for (let at = 0; at < input.data.length; at++) {
    const channel = Math.floor(at / size);
    input.data[at] = (data[at % size] / 255 - (mean[channel] ?? mean[0])) / (std[channel] ?? std[0]);
  }
  return input;
}

/**
 * @param {[number, number]} size
 * @param {number} orientation
 * @param {[number, number]} centre
 * @param {(across: number) => number} wave from -1 (black) to 1 (white), by the distance across the line through the centre
 * @returns {Luminance}
 */
function drawn([height, width], orientation, centre, wave) {
  const [cosine, sine] = [Math.cos(radians(orientation)), Math.sin(radians(orientation))];
  const data = Float32Array.from({ length: height * width }, (_, at) =>
    MID_GRAY * (1 + wave(cosine * (Math.floor(at / width) - centre[0]) + sine * ((at % width) - centre[1]))));
  return { height, width, data };
}

/** @param {number} degrees */
const radians = (degrees) => (degrees * Math.PI) / 180;
