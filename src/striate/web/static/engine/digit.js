/**
 * A digit drawn on paper or on a board, cut out and centred as MNIST's digits were, as striate/data/digit.py does it.
 * Source: LeCun et al. 1998, section III.A.
 */

import { resizeNumbers } from "./resize.js";
import { lowerMedian, roundHalfEven } from "./rounding.js";

/** @import { Picture } from "./types.d.ts" */

/** @typedef {{ height: number, width: number, data: Float32Array }} Plane */

export const DIGIT_SEARCH_SIDE = 384; // pixels of the longer side at which the digit is searched for
export const MIN_CONTRAST = 8; // of 255
const MAX_STROKE = 1 / 2; // of the shorter side: what is wider is ground
const MIN_STROKE = 1 / 10; // of the larger side
const MIN_INK = 0.3; // of the strongest ink

/**
 * The digit of a gray picture, light on black in size×size: its larger side is `box` pixels, its centre of mass in the middle.
 * @param {Picture} gray
 * @param {number} box
 * @param {number} size
 * @returns {Picture}
 */
export function centerDigit({ height, width, data }, box, size) {
  const shrunk = rescale({ height, width, data: Float32Array.from(data) }, Math.min(1, DIGIT_SEARCH_SIDE / Math.max(height, width)));
  const ink = inkOf(shrunk);
  const frame = { channels: 1, height: size, width: size, data: new Uint8Array(size * size) };
  const rows = spanOf(lineSums(ink, 0)), columns = spanOf(lineSums(ink, 1));
  if (!rows || !columns) return frame;
  const digit = scaleToBox(thicken(cut(ink, rows, columns)), box);
  const [top, left] = [offset(lineSums(digit, 0), size), offset(lineSums(digit, 1), size)];
  for (let y = 0; y < digit.height; y++) {
    for (let x = 0; x < digit.width; x++) frame.data[(top + y) * size + left + x] = roundHalfEven(digit.data[y * digit.width + x]);
  }
  return frame;
}

/**
 * How much darker each pixel is than the ground, or lighter if the digit is lighter; 0 where there is no ink.
 * @param {Plane} image
 * @returns {Plane}
 */
function inkOf(image) {
  const [least, most] = extremesOf(image.data);
  const border = edgeOf(image).map((at) => image.data[at]);
  const upright = lowerMedian(border) > (least + most) / 2 ? { ...image, data: image.data.map((value) => 255 - value) } : image;
  const level = withoutPlane(upright);
  // The ground is what is left without all that is light and narrower than the window (a morphological opening).
  const window = 2 * Math.trunc((Math.min(image.height, image.width) * MAX_STROKE) / 2) + 1;
  const ground = maxFilter(negative(maxFilter(negative(level), window)), window);
  const raised = level.data.map((value, at) => value - ground.data[at]);
  const middle = lowerMedian(raised);
  const ink = raised.map((value) => value - middle);
  const threshold = Math.max(MIN_CONTRAST, MIN_INK * extremesOf(ink)[1]);
  return { ...image, data: ink.map((value) => (value > threshold ? value : 0)) };
}

/** The lowest and the highest value. @param {Float32Array} values */
function extremesOf(values) {
  let least = Infinity, most = -Infinity;
  for (let at = 0; at < values.length; at++) {
    if (values[at] < least) least = values[at];
    if (values[at] > most) most = values[at];
  }
  return [least, most];
}

/** The places of the border's pixels. @param {Plane} image */
function edgeOf({ height, width }) {
  const places = [];
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1);
    for (let x = 0; x < width; x += step) places.push(y * width + x);
  }
  return places;
}

/**
 * The image less the plane through its border by least squares: light that falls off would become ink at the far edge. The border is
 * symmetric, so that the plane's three numbers do not depend on each other.
 * @param {Plane} image
 * @returns {Plane}
 */
function withoutPlane(image) {
  const { height, width, data } = image;
  const axis = (/** @type {number} */ place, /** @type {number} */ side) => (side > 1 ? (2 * place) / (side - 1) - 1 : 0);
  const edge = edgeOf(image).map((at) => ({ value: data[at], y: axis(Math.floor(at / width), height), x: axis(at % width, width) }));
  const mean = edge.reduce((sum, { value }) => sum + value, 0) / edge.length;
  const slope = (/** @type {"x" | "y"} */ name) =>
    edge.reduce((sum, cell) => sum + cell.value * cell[name], 0) / (edge.reduce((sum, cell) => sum + cell[name] ** 2, 0) || 1);
  const [down, across] = [slope("y"), slope("x")];
  const level = new Float32Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const middle = mean + down * axis(y, height);
    for (let x = 0; x < width; x++, at++) level[at] = data[at] - (middle + across * axis(x, width));
  }
  return { ...image, data: level };
}

/** @param {Plane} image @returns {Plane} */
const negative = (image) => ({ ...image, data: image.data.map((value) => -value) });

/**
 * The highest value in the square window, of an odd size, around each pixel.
 * @param {Plane} image
 * @param {number} window
 * @returns {Plane}
 */
function maxFilter(image, window) {
  const reach = window >> 1, { height, width } = image;
  const across = maxAlong(image.data, height, width, width, 1, reach);
  return { ...image, data: maxAlong(across, width, height, 1, width, reach) };
}

/**
 * The highest value within reach along lines: a queue of places whose values fall, of which the first is the highest.
 * @param {Float32Array} data
 * @param {number} lines
 * @param {number} length
 * @param {number} lineStep
 * @param {number} step
 * @param {number} reach
 */
function maxAlong(data, lines, length, lineStep, step, reach) {
  const highest = new Float32Array(data.length), queue = new Int32Array(length);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    let head = 0, tail = 0;
    for (let place = 0; place < length + reach; place++) {
      if (place < length) {
        while (tail > head && data[start + queue[tail - 1] * step] <= data[start + place * step]) tail -= 1;
        queue[tail++] = place;
      }
      const center = place - reach;
      if (center < 0) continue;
      while (queue[head] < center - reach) head += 1;
      highest[start + center * step] = data[start + queue[head] * step];
    }
  }
  return highest;
}

/**
 * The digit with strokes of `MIN_STROKE` of its larger side at least: thinner ones fade when it is scaled down.
 * @param {Plane} digit
 * @returns {Plane}
 */
function thicken(digit) {
  const inside = cut(negative(maxFilter(negative(padded(digit, 1)), 3)), [1, digit.height + 1], [1, digit.width + 1]).data;
  const cells = digit.data.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
  const edge = digit.data.reduce((count, value, at) => count + (value > 0 && !(inside[at] > 0) ? 1 : 0), 0);
  const more = Math.max(0, roundHalfEven((MIN_STROKE * Math.max(digit.height, digit.width) - (2 * cells) / edge) / 2)); // two edges
  return maxFilter(padded(digit, more), 2 * more + 1);
}

/** @param {number} height @param {number} width @returns {Plane} */
const plane = (height, width) => ({ height, width, data: new Float32Array(height * width) });

/** @param {Plane} image @param {number} cells @returns {Plane} */
function padded({ height, width, data }, cells) {
  const whole = plane(height + 2 * cells, width + 2 * cells);
  for (let y = 0; y < height; y++) whole.data.set(data.subarray(y * width, (y + 1) * width), (y + cells) * whole.width + cells);
  return whole;
}

/** @param {Plane} image @param {[number, number]} rows @param {[number, number]} columns @returns {Plane} */
function cut({ width, data }, rows, columns) {
  const part = plane(rows[1] - rows[0], columns[1] - columns[0]);
  for (let y = 0; y < part.height; y++) {
    part.data.set(data.subarray((rows[0] + y) * width + columns[0], (rows[0] + y) * width + columns[1]), y * part.width);
  }
  return part;
}

/** The sum of each row (axis 0) or column (axis 1). @param {Plane} image @param {0 | 1} axis */
function lineSums({ height, width, data }, axis) {
  const sums = new Float64Array(axis ? width : height);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++, at++) sums[axis ? x : y] += data[at];
  return sums;
}

/** From the first index that is above 0 to behind the last. @param {Float64Array} sums @returns {[number, number] | null} */
function spanOf(sums) {
  const first = sums.findIndex((sum) => sum > 0);
  if (first < 0) return null;
  let end = sums.length;
  while (!(sums[end - 1] > 0)) end -= 1;
  return [first, end];
}

/** The digit with its larger side `box` pixels, its highest value 255. @param {Plane} digit @param {number} box @returns {Plane} */
function scaleToBox(digit, box) {
  const scaled = rescale(digit, box / Math.max(digit.height, digit.width));
  const [, most] = extremesOf(scaled.data);
  return { ...scaled, data: scaled.data.map((value) => value * (255 / most)) };
}

/** @param {Plane} image @param {number} scale @returns {Plane} */
function rescale({ height, width, data }, scale) {
  const size = /** @type {[number, number]} */ ([height, width].map((side) => Math.max(1, roundHalfEven(side * scale))));
  return { height: size[0], width: size[1], data: resizeNumbers(data, [height, width], size) };
}

/**
 * Where a digit with these weights begins, so that its centre of mass is in the middle.
 * @param {Float64Array} weights
 * @param {number} size
 */
function offset(weights, size) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const center = weights.reduce((sum, weight, cell) => sum + weight * (cell + 0.5), 0) / total;
  return Math.min(Math.max(0, roundHalfEven(size / 2 - center)), size - weights.length);
}
