/** Bytes from the server as pictures on a canvas. */

/** @import { Colormap, Pair, Rgb } from "./types.d.ts" */

/**
 * @param {string} text
 * @returns {Uint8Array}
 */
export function decodeBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * A canvas as a PNG file, synchronously: `toBlob` waits until the browser is idle, which may take seconds.
 * @param {HTMLCanvasElement} canvas
 * @returns {Blob}
 */
export const toPng = (canvas) =>
  new Blob([/** @type {BlobPart} */ (decodeBase64(canvas.toDataURL("image/png").split(",")[1]))], { type: "image/png" });

/** The gray of a pixel. @type {Colormap} */
export const grayscale = (byte) => [byte, byte, byte];

/**
 * A signed value, 128 for 0: negative values blue, 0 black, positive values orange to white.
 * @type {Colormap}
 */
export const diverging = (byte) => {
  const value = (byte - 128) / 127;
  return value < 0 ? ramp(-value, [20, 60, 200], [150, 220, 255]) : ramp(value, [225, 105, 10], [255, 246, 224]);
};

/**
 * From black through a middle colour to a light one.
 * @param {number} value from 0 to 1
 * @param {Rgb} middle
 * @param {Rgb} light
 * @returns {Rgb}
 */
function ramp(value, middle, light) {
  const [from, to, part] = value < 0.5 ? [[8, 10, 16], middle, value * 2] : [middle, light, value * 2 - 1];
  return /** @type {Rgb} */ (from.map((channel, i) => channel + (to[i] - channel) * part));
}

/**
 * A new canvas with one map, a pixel for each byte.
 * @param {Uint8Array} data
 * @param {Pair} size
 * @param {Colormap} colormap
 * @returns {HTMLCanvasElement}
 */
export function mapCanvas(data, size, colormap) {
  const canvas = document.createElement("canvas");
  paintMap(canvas, data, size, colormap);
  return canvas;
}

/**
 * Paint the map that begins at `offset`.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data
 * @param {Pair} size
 * @param {Colormap} colormap
 * @param {number} [offset]
 */
export function paintMap(canvas, data, [height, width], colormap, offset = 0) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const palette = paletteOf(colormap);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = palette[data[offset + i]];
  context.putImageData(image, 0, 0);
}

/** @type {Map<Colormap, Uint32Array>} */
const palettes = new Map();

/**
 * The 256 colours of a colormap as RGBA words.
 * @param {Colormap} colormap
 * @returns {Uint32Array}
 */
function paletteOf(colormap) {
  let palette = palettes.get(colormap);
  if (!palette) {
    const rgba = new Uint8ClampedArray(1024);
    for (let byte = 0; byte < 256; byte++) rgba.set([...colormap(byte), 255], byte * 4);
    palette = new Uint32Array(rgba.buffer);
    palettes.set(colormap, palette);
  }
  return palette;
}

/**
 * Paint an image of bytes (channels, height, width), gray or RGB.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data
 * @param {number[]} shape
 */
export function paintImage(canvas, data, [channels, height, width]) {
  if (channels !== 3) return paintMap(canvas, data, [height, width], grayscale);
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const size = height * width;
  for (let i = 0; i < size; i++) image.data.set([data[i], data[size + i], data[2 * size + i], 255], 4 * i);
  context.putImageData(image, 0, 0);
}
