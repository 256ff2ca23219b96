/** Bytes from the server as pictures on a canvas, and the colours of values. */

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
export function toPng(canvas) {
  const content = /** @type {BlobPart} */ (decodeBase64(canvas.toDataURL("image/png").split(",")[1]));
  const png = new Blob([content], { type: "image/png" });
  contents.set(png, content);
  if (globalThis.striatePage) { // its own backend takes pixels
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    painted.set(png, context.getImageData(0, 0, canvas.width, canvas.height));
  }
  return png;
}

/** The bytes of files that were made here. @type {WeakMap<Blob, BlobPart>} */
const contents = new WeakMap();

/**
 * What to send of a picture: its bytes if they are at hand, since a `Blob` goes through another process of the browser first.
 * @param {Blob} picture
 */
export const contentOf = (picture) => /** @type {BodyInit} */ (contents.get(picture) ?? picture);

/** @type {WeakMap<Blob, ImageData>} */
const painted = new WeakMap();

/** The pixels of a picture that was painted here; undefined for another. @param {Blob} picture */
export const knownPixels = (picture) => painted.get(picture);

/** @type {boolean | undefined} */
let isTrue;

/**
 * Whether the page reads from a canvas what it painted. Some browsers falsify that against tracking, by noise or by white
 * (Firefox's resistFingerprinting, Brave's shields); the network would then get another picture than the one that is seen.
 */
export function isCanvasTrue() {
  if (isTrue !== undefined) return isTrue;
  const [side, colors] = [24, /** @type {number[]} */ ([])];
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  for (let i = 0; i < side * side; i++) {
    const color = [(37 * i) % 256, (101 * i + 17) % 256, (53 * i + 91) % 256];
    colors.push(...color, 255);
    context.fillStyle = `rgb(${color.join()})`;
    context.fillRect(i % side, Math.floor(i / side), 1, 1);
  }
  const { data } = context.getImageData(0, 0, side, side);
  isTrue = data.every((value, i) => value === colors[i]);
  return isTrue;
}

const LOSSLESS = 65_536; // pixels: of so few a PNG is small

/** A canvas as a file: a PNG, or a JPEG of high quality where that would be large. @param {HTMLCanvasElement} canvas @returns {Blob} */
export function toImageFile(canvas) {
  if (canvas.width * canvas.height <= LOSSLESS) return toPng(canvas);
  const content = decodeBase64(canvas.toDataURL("image/jpeg", 0.95).split(",")[1]);
  return new Blob([/** @type {BlobPart} */ (content)], { type: "image/jpeg" });
}

/** The gray of a pixel. @type {Colormap} */
export const grayscale = (byte) => [byte, byte, byte];

/** From zero, nearly black, to the largest magnitude: lighter step by step (OKLab's L), but never white. @type {Rgb[]} */
const NEGATIVE = [[20, 22, 27], [24, 43, 92], [26, 67, 152], [36, 99, 213], [66, 140, 255]];
/** @type {Rgb[]} */
const POSITIVE = [[20, 22, 27], [98, 45, 8], [172, 80, 10], [235, 134, 18], [255, 200, 48]];

/**
 * A signed value, 128 for 0: negative values blue, 0 black, positive values orange to amber. The ends differ in hue for
 * every kind of colour blindness but one, and in lightness for that one.
 * @type {Colormap}
 */
export const diverging = (byte) => {
  const value = Math.max(-1, (byte - 128) / 127);
  const stops = value < 0 ? NEGATIVE : POSITIVE;
  const at = Math.abs(value) * (stops.length - 1);
  const index = Math.min(Math.floor(at), stops.length - 2);
  const [from, to] = [stops[index], stops[index + 1]];
  return /** @type {Rgb} */ (from.map((channel, i) => Math.round(channel + (to[i] - channel) * (at - index))));
};

/** Black or white, whichever reads better on a colour: its contrast is at least 4.5. @param {Rgb} color */
export function textOn(color) {
  const [r, g, b] = color.map((channel) => (channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff";
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
