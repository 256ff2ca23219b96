/** Bytes from the server as pictures on a canvas. */

/**
 * @param {string} text base64
 * @returns {Uint8Array}
 */
export function bytes(text) {
  const binary = atob(text);
  const found = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found;
}

/**
 * A canvas as a PNG file. At once: `toBlob` waits until the browser has nothing else to do, which may be for seconds.
 * @param {HTMLCanvasElement} canvas
 * @returns {Blob}
 */
export const png = (canvas) =>
  new Blob([/** @type {BlobPart} */ (bytes(canvas.toDataURL("image/png").split(",")[1]))], { type: "image/png" });

/** @typedef {(byte: number) => [number, number, number]} Colours */

/** Gray: a picture's own bytes. @type {Colours} */
export const gray = (byte) => [byte, byte, byte];

/**
 * A map's bytes, 128 for 0: blue below, black at 0, orange to white above.
 * @type {Colours}
 */
export const signed = (byte) => {
  const share = (byte - 128) / 127;
  return share < 0 ? ramp(-share, [20, 60, 200], [150, 220, 255]) : ramp(share, [225, 105, 10], [255, 246, 224]);
};

/**
 * From black through a colour to a light one.
 * @param {number} share
 * @param {[number, number, number]} middle
 * @param {[number, number, number]} light
 * @returns {[number, number, number]}
 */
function ramp(share, middle, light) {
  const [from, to, part] = share < 0.5 ? [[8, 10, 16], middle, share * 2] : [middle, light, share * 2 - 1];
  return /** @type {[number, number, number]} */ (from.map((value, i) => value + (to[i] - value) * part));
}

/**
 * A new canvas, a pixel a number, of one map (height x width) that begins at `offset`.
 * @param {Uint8Array} data
 * @param {number} height
 * @param {number} width
 * @param {Colours} colours
 * @param {number} [offset]
 * @returns {HTMLCanvasElement}
 */
export function canvasOf(data, height, width, colours, offset = 0) {
  const canvas = document.createElement("canvas");
  paint(canvas, data, height, width, colours, offset);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data
 * @param {number} height
 * @param {number} width
 * @param {Colours} colours
 * @param {number} [offset]
 */
export function paint(canvas, data, height, width, colours, offset = 0) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const table = tableOf(colours);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = table[data[offset + i]];
  context.putImageData(image, 0, 0);
}

/** @type {Map<Colours, Uint32Array>} */
const tables = new Map();

/**
 * All 256 colours as the canvas keeps them.
 * @param {Colours} colours
 * @returns {Uint32Array}
 */
function tableOf(colours) {
  let table = tables.get(colours);
  if (!table) {
    const rgba = new Uint8ClampedArray(1024);
    for (let byte = 0; byte < 256; byte++) rgba.set([...colours(byte), 255], byte * 4);
    table = new Uint32Array(rgba.buffer);
    tables.set(colours, table);
  }
  return table;
}

/**
 * A picture, bytes (channels, height, width), gray or RGB.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data
 * @param {number[]} shape
 */
export function paintPicture(canvas, data, [channels, height, width]) {
  if (channels !== 3) return paint(canvas, data, height, width, gray);
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const size = height * width;
  for (let i = 0; i < size; i++) image.data.set([data[i], data[size + i], data[2 * size + i], 255], 4 * i);
  context.putImageData(image, 0, 0);
}
