/** A picture's pixels as the server reads them: upright, without its colour profile. */

import { knownPixels } from "../lib/canvas.js";
import { decodePhoto } from "../lib/photo.js";

/** @import { PixelPicture } from "./types.d.ts" */

/** A picture that is asked of again and again is decoded once. @type {WeakMap<Blob, Promise<PixelPicture>>} */
const decoded = new WeakMap();

/** The pixels of a picture; an error if the browser cannot read it. @param {Blob} picture */
export function pixelsOf(picture) {
  const pixels = decoded.get(picture) ?? decode(picture);
  decoded.set(picture, pixels);
  return pixels;
}

/** @param {Blob} picture @returns {Promise<PixelPicture>} */
async function decode(picture) {
  const known = knownPixels(picture);
  if (known) return known;
  const bitmap = await decodePhoto(picture);
  const { width, height } = bitmap;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, data };
}
