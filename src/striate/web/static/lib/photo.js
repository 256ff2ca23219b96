/**
 * Photos as they are sent: halved as long as the networks lose nothing by it, as the server's own decoder does with a JPEG,
 * upright and on white. A small file is sent as it is, and so is one whose values only the server reads as meant.
 */

import { isCanvasTrue, toImageFile } from "./canvas.js";

/** @import { Photo } from "./types.d.ts" */

const SMALL = 500_000; // bytes: sent as they are, if they are no more pixels than needed
const MAX_CANVAS = 16_000_000; // pixels of a canvas, in every browser
/** What every server reads. An AVIF or a HEIC, where the browser reads it, is sent as pixels. */
const KNOWN = ["image/png", "image/jpeg", "image/bmp", "image/gif", "image/webp"];

/**
 * Open a file as a photo. An error if the browser cannot read it.
 * @param {Blob} file
 * @param {string} name
 * @param {number} side pixels of the shorter side that are enough for every network
 * @returns {Promise<Photo>}
 */
export async function openPhoto(file, name, side) {
  const bitmap = await decodePhoto(file);
  const halvings = Math.max(0, Math.floor(Math.log2(Math.min(bitmap.width, bitmap.height) / side)));
  const [isKnown, isReadAsMeant] = [KNOWN.includes(file.type), isCanvasTrue() && !(await needsServer(file))];
  if (isKnown && ((halvings === 0 && file.size <= SMALL) || !isReadAsMeant)) return { file, name, image: bitmap, side };
  const canvas = halve(bitmap, halvings);
  bitmap.close();
  const sent = toImageFile(canvas);
  return { file: isKnown && halvings === 0 && sent.size >= file.size ? file : sent, name, image: canvas, side };
}

/** Whether a file is a HEIC, which only Safari reads: as phones of Apple write them. @param {Blob} file */
export async function isHeic(file) {
  const brand = new TextDecoder().decode(await file.slice(4, 12).arrayBuffer());
  return /^ftyp(hei|hev|mif1|msf1)/.test(brand);
}

/** The pixels as the file has them, upright: without its colour profile, which the server does not apply. @param {Blob} file */
export async function decodePhoto(file) {
  try {
    return await createImageBitmap(file, { colorSpaceConversion: "none", imageOrientation: "from-image" });
  } catch (error) {
    if (error instanceof TypeError) return createImageBitmap(await loadImage(file)); // it does not know the options
    throw error;
  }
}

/** A file as an image element, which is upright in every browser. @param {Blob} file */
async function loadImage(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } finally {
    URL.revokeObjectURL(image.src);
  }
  return image;
}

/**
 * A canvas with the picture on white, its sides halved so often: each pixel is the mean of those that it stands for.
 * @param {ImageBitmap} bitmap
 * @param {number} times
 */
function halve(bitmap, times) {
  /** @type {ImageBitmap | HTMLCanvasElement} */
  let image = bitmap;
  let step = 1;
  while (step < times && sizeOf(bitmap, step).reduce((a, b) => a * b) > MAX_CANVAS) step++;
  for (let done = Math.min(step, times); ; done++) {
    const [width, height] = sizeOf(bitmap, done);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.imageSmoothingQuality = image === bitmap && done > 1 ? "high" : "low"; // low: the mean of four pixels
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    context.drawImage(image, 0, 0, width, height);
    if (done >= times) return canvas;
    image = canvas;
  }
}

/** @param {ImageBitmap} bitmap @param {number} halvings @returns {[number, number]} */
const sizeOf = ({ width, height }, halvings) => [Math.ceil(width / 2 ** halvings), Math.ceil(height / 2 ** halvings)];

/**
 * Whether a browser reads other values than the file means: samples of 16 bits, of which fewer may be used, and inks (CMYK).
 * @param {Blob} file
 */
async function needsServer(file) {
  const bytes = new Uint8Array(await file.slice(0, 65_536 * 4).arrayBuffer());
  if (file.type === "image/png") return bytes[24] === 16;
  if (file.type !== "image/jpeg") return false;
  for (let at = 2; bytes[at] === 0xff && at + 9 < bytes.length; at += 2 + bytes[at + 2] * 256 + bytes[at + 3]) {
    const marker = bytes[at + 1];
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return bytes[at + 9] === 4;
  }
  return false;
}
