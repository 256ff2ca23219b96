/**
 * A training picture varied as a recipe says: striate/data/geometry.py, collate.py and color_jitter.py, from the same random numbers.
 */

import { fitWindow, place } from "./picture.js";
import { roundHalfEven } from "./rounding.js";

/** @import { AugmentationStep, CropGeometry, Picture, TableDocument } from "./types.d.ts" */

/**
 * @typedef {[number, number, number, number]} Warp times the (x, y) of a pixel from the middle it is where its value comes from
 */
/**
 * @typedef {{ geometry: CropGeometry, isFlipped: boolean, warp: Warp, gain: number }} Variation what is done to one picture
 */

/** How many uniform random numbers each takes for a picture. @type {Record<string, number>} */
export const DRAWS = {
  RandomCrop: 3, RandomResizedCrop: 4, RandomTranslation: 2, HorizontalFlip: 1, Rotation: 1, Affine: 3, Brightness: 1, PCAColour: 3,
};

/** @type {Warp} */
const UNCHANGED = [1, 0, 0, 1];

/** Kinds of steps in files of earlier versions. @type {Record<string, string>} */
const FORMER_NAMES = { Shift: "RandomTranslation", ScaleAndAspect: "RandomResizedCrop" };

/** How many numbers a picture takes in all. @param {TableDocument} table */
export const drawsOf = (table) => augmentationSteps(table).reduce((sum, step) => sum + DRAWS[step.type], 0);

/**
 * The steps of a recipe's augmentation by their present names.
 * @param {TableDocument} table
 * @returns {AugmentationStep[]}
 */
export const augmentationSteps = ({ recipe }) =>
  (recipe?.augmentation ?? []).map((/** @type {AugmentationStep} */ step) => ({ ...step, type: FORMER_NAMES[step.type] ?? step.type }));

/**
 * A picture as a normalized input of the table, varied; it is written to `to`.
 * @param {Picture} picture
 * @param {TableDocument} table
 * @param {Float32Array} draws uniform numbers
 * @param {Float32Array} to
 */
export function writeVaried(picture, table, draws, to) {
  const { preprocessing: { mean, std }, input: [channels, height, width] } = table;
  const { gain, ...variation } = variationOf(picture, table, draws);
  const size = height * width, values = moved(picture, variation, [height, width]);
  for (let channel = 0; channel < channels; channel++) {
    const deviation = std[channel] ?? std[0], scale = 1 / (255 * deviation), shift = -(mean[channel] ?? mean[0]) / deviation;
    for (let at = channel * size; at < (channel + 1) * size; at++) to[at] = Math.min(255, values[at] * gain) * scale + shift;
  }
}

/**
 * What a recipe's augmentation does to a picture for such uniform numbers; PCA colour, which needs the set's components, is left out.
 * @param {Picture} picture
 * @param {TableDocument} table
 * @param {Float32Array} draws
 * @returns {Variation}
 */
export function variationOf(picture, table, draws) {
  const { preprocessing, input: [, height, width] } = table;
  /** @type {Variation} */
  const variation = { geometry: fitWindow(picture, preprocessing, [height, width]), isFlipped: false, warp: UNCHANGED, gain: 1 };
  let first = 0;
  for (const step of augmentationSteps(table)) {
    apply(step, draws.subarray(first, first += DRAWS[step.type]), variation, picture, [height, width]);
  }
  return variation;
}

/**
 * The values of a picture's window at its place in the input, flipped and warped.
 * @param {Picture} picture
 * @param {Omit<Variation, "gain">} variation
 * @param {[number, number]} size
 */
export function moved(picture, { geometry, isFlipped, warp }, size) {
  const { channels, height, width, data } = place(picture, geometry, size);
  if (isFlipped) for (let row = 0; row < channels * height; row++) data.subarray(row * width, (row + 1) * width).reverse();
  return warp === UNCHANGED ? data : warped({ channels, height, width, data }, warp);
}

/**
 * One step of the augmentation.
 * @param {{ type: string, [field: string]: any }} step
 * @param {Float32Array} draws
 * @param {Variation} variation
 * @param {Picture} picture
 * @param {[number, number]} size
 */
function apply(step, draws, variation, picture, size) {
  const { geometry } = variation, { height, width } = picture;
  switch (step.type) {
    case "RandomCrop": {
      const [least, most] = Array.isArray(step.of) ? step.of : [step.of, step.of];
      const share = Math.min(...size) / (least + draws[0] * (most - least));
      const window = [Math.min(height, (width * size[0]) / size[1]), Math.min(width, (height * size[1]) / size[0])];
      variation.geometry = crop(picture, size, window.map((side) => share * side), draws.subarray(1));
      break;
    }
    case "RandomResizedCrop": {
      const [area, aspect] = [step.area ?? [0.08, 1], step.aspect ?? [3 / 4, 4 / 3]];
      const side = Math.sqrt((area[0] + draws[0] * (area[1] - area[0])) * height * width);
      const root = Math.exp(0.5 * (Math.log(aspect[0]) + draws[1] * Math.log(aspect[1] / aspect[0])));
      variation.geometry = crop(picture, size, [side / root, side * root], draws.subarray(2));
      break;
    }
    case "RandomTranslation": {
      const cells = step.cells ?? 4;
      geometry.y += Math.floor(draws[0] * (2 * cells + 1)) - cells;
      geometry.x += Math.floor(draws[1] * (2 * cells + 1)) - cells;
      break;
    }
    case "HorizontalFlip": variation.isFlipped = draws[0] < 0.5; break;
    case "Rotation": {
      const angle = ((step.degrees ?? 10) * Math.PI / 180) * (2 * draws[0] - 1);
      variation.warp = times(variation.warp, [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)]);
      break;
    }
    case "Affine": {
      const [scale, squeeze] = [step.scale, step.squeeze].map((range, index) => Math.exp((2 * draws[index] - 1) * Math.log1p(range ?? 0)));
      variation.warp = times(variation.warp, [scale * squeeze, (step.shear ?? 0) * (2 * draws[2] - 1), 0, scale / squeeze]);
      break;
    }
    case "Brightness": variation.gain *= 1 + (step.by ?? 0.2) * (2 * draws[0] - 1); break;
  }
}

/**
 * A window anywhere inside the picture, which fills the input.
 * @type {(picture: Picture, size: number[], window: number[], draws: Float32Array) => CropGeometry}
 */
function crop(picture, [rows, columns], window, draws) {
  const [height, width] = window.map((side, axis) => Math.min(Math.max(1, roundHalfEven(side)), axis ? picture.width : picture.height));
  const top = Math.floor(draws[0] * (picture.height - height + 1)), left = Math.floor(draws[1] * (picture.width - width + 1));
  return { top, left, height, width, y: 0, x: 0, rows, columns };
}

/** A product of matrices. @type {(one: Warp, other: Warp) => Warp} */
const times = ([a, b, c, d], [e, f, g, h]) => [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];

/**
 * The values of a picture taken from elsewhere in it, bilinearly, zeros around it.
 * @param {Picture} picture
 * @param {Warp} warp
 */
function warped({ channels, height, width, data }, [a, b, c, d]) {
  const values = new Float32Array(data.length), size = height * width;
  const middleX = (width - 1) / 2, middleY = (height - 1) / 2;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const dx = column - middleX, dy = row - middleY;
      const x = a * dx + b * dy + middleX, y = c * dx + d * dy + middleY;
      const left = Math.floor(x), top = Math.floor(y), right = x - left, down = y - top;
      for (let corner = 0; corner < 4; corner++) {
        const atX = left + (corner & 1), atY = top + (corner >> 1);
        if (atX < 0 || atX >= width || atY < 0 || atY >= height) continue;
        const weight = (corner & 1 ? right : 1 - right) * (corner >> 1 ? down : 1 - down), from = atY * width + atX;
        for (let channel = 0; channel < channels; channel++) values[channel * size + at] += weight * data[channel * size + from];
      }
    }
  }
  return values;
}
