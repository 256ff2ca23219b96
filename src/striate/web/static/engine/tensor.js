/** A tensor: images first, then maps, rows and columns, or units; its numbers in that order in single precision. */

import { product } from "./plan.js";

/** @import { Tensor } from "./types.d.ts" */

/** @param {number[]} shape @param {Float32Array} [data] @returns {Tensor} */
export const tensor = (shape, data = new Float32Array(product(shape))) => ({ shape, data });

/** The numbers of one image. @param {Tensor} images */
export const sizeOfImage = ({ shape }) => product(shape.slice(1));

/** The numbers of one image as a view. @param {Tensor} images @param {number} index */
export function imageOf(images, index) {
  const size = sizeOfImage(images);
  return images.data.subarray(index * size, (index + 1) * size);
}
