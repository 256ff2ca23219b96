/** From a picture of any size to a network's input, as its table's preprocessing says: striate/data does the same. */

import { MIN_CONTRAST, centerDigit } from "./digit.js";
import { resize } from "./resize.js";
import { lowerMedian, roundHalfEven } from "./rounding.js";
import { tensor } from "./tensor.js";

/** @import { CropGeometry, Picture, TableDocument } from "./types.d.ts" */

const LUMA = [19595, 38470, 7471]; // red, green and blue in gray, of 65536: ITU-R BT.601 as Pillow has it
const MID_GRAY = 128;

/**
 * Pixels as a canvas gives them, on white where they are transparent.
 * @param {{ width: number, height: number, data: ArrayLike<number> }} image
 * @returns {Picture}
 */
export function pictureOf({ width, height, data }) {
  const size = width * height;
  const planes = new Uint8Array(3 * size);
  for (let at = 0; at < size; at++) {
    const alpha = data[4 * at + 3] / 255;
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * size + at] = Math.round(data[4 * at + channel] * alpha + 255 * (1 - alpha));
    }
  }
  return { channels: 3, height, width, data: planes };
}

/**
 * A picture as a table's input: `fitted` are its bytes, `input` the normalized tensor (1, channels, height, width), and whether it is
 * blank. A picture that is larger is scaled down to a shorter side of `side` first, as it is when a file is decoded.
 * @param {Picture} picture
 * @param {TableDocument} table
 * @param {number} side
 */
export function preprocess(picture, table, side) {
  const { preprocessing, input: [channels, height, width] } = table;
  const decoded = downscale(convertChannels(picture, channels), side), training = asTrainingPicture(decoded, table);
  const fitted = place(training, fitWindow(training, preprocessing, [height, width]), [height, width]);
  const isBlank = isOfOneColour(decoded) || (preprocessing.figure && isOfOneColour(fitted));
  return { fitted, input: normalize(fitted, preprocessing), isBlank };
}

/**
 * A picture with its digit set, and with the channels and the ground of a table's training pictures.
 * @param {Picture} decoded
 * @param {TableDocument} table
 */
export function asTrainingPicture(decoded, { preprocessing: { figure, light_on_dark: isLight }, input: [channels] }) {
  const set = !figure || (decoded.height === figure[1] && decoded.width === figure[1]) ? decoded
    : centerDigit(convertChannels(decoded, 1), figure[0], figure[1]);
  const ground = convertChannels(set, channels);
  return isLight ? invertIfLight(ground) : ground;
}

/** @param {Picture} picture @param {number} channels 1 or 3 @returns {Picture} */
export function convertChannels(picture, channels) {
  if (picture.channels === channels) return picture;
  const size = picture.height * picture.width;
  const data = new Uint8Array(channels * size);
  if (channels === 3) for (let channel = 0; channel < 3; channel++) data.set(picture.data, channel * size);
  else {
    const [red, green, blue] = LUMA;
    for (let at = 0; at < size; at++) {
      data[at] = (red * picture.data[at] + green * picture.data[size + at] + blue * picture.data[2 * size + at] + 32768) >> 16;
    }
  }
  return { ...picture, channels, data };
}

/** @param {Picture} picture @param {number} side @returns {Picture} */
export function downscale(picture, side) {
  const shorter = Math.min(picture.height, picture.width);
  if (shorter <= side) return picture;
  const [height, width] = [picture.height, picture.width].map((pixels) => Math.max(side, roundHalfEven((pixels * side) / shorter)));
  return resize(picture, height, width);
}

/** 255 - value if the border is lighter than mid-gray in the median. @param {Picture} picture @returns {Picture} */
export function invertIfLight(picture) {
  const { channels, height, width, data } = picture;
  /** @type {number[]} */
  const border = [];
  for (let channel = 0; channel < channels; channel++) {
    const valueAt = (/** @type {number} */ y, /** @type {number} */ x) => border.push(data[(channel * height + y) * width + x]);
    for (let x = 0; x < width; x++) valueAt(0, x), valueAt(height - 1, x);
    for (let y = 0; y < height; y++) valueAt(y, 0), valueAt(y, width - 1); // a corner counts twice, as it does there
  }
  return lowerMedian(border) >= MID_GRAY ? { ...picture, data: data.map((value) => 255 - value) } : picture;
}

/**
 * Which window of a picture comes where in an input: by "crop" the largest middle window of the content's aspect ratio, by "pad" all of
 * it, in the middle of the input.
 * @param {{ height: number, width: number }} picture
 * @param {TableDocument["preprocessing"]} preprocessing
 * @param {[number, number]} size of the input
 * @returns {CropGeometry}
 */
export function fitWindow({ height, width }, { content, fit, crop }, size) {
  const [tall, wide] = content ?? size;
  let window = [height, width], place = [tall, wide];
  if (fit === "pad") {
    const scale = Math.min(tall / height, wide / width);
    place = [height, width].map((side) => Math.max(1, roundHalfEven(side * scale)));
  } else {
    const share = [Math.min(height, (width * tall) / wide), Math.min(width, (height * wide) / tall)];
    window = share.map((side) => Math.max(1, roundHalfEven((crop ?? 1) * side)));
  }
  const [top, left] = [Math.floor((height - window[0]) / 2), Math.floor((width - window[1]) / 2)];
  const [y, x] = size.map((side, axis) => Math.floor((side - place[axis]) / 2));
  return { top, left, height: window[0], width: window[1], y, x, rows: place[0], columns: place[1] };
}

/**
 * A window of a picture, scaled to its place in an input, zeros around it.
 * @param {Picture} picture
 * @param {CropGeometry} geometry
 * @param {[number, number]} size
 * @returns {Picture}
 */
export function place(picture, geometry, [height, width]) {
  const { y, x, rows, columns } = geometry;
  const scaled = resize(cut(picture, geometry), rows, columns);
  const input = { ...picture, height, width, data: new Uint8Array(picture.channels * height * width) };
  const from = Math.max(0, -x), to = Math.min(columns, width - x);
  forEachRow(scaled, (channel, row, values) => {
    if (y + row < 0 || y + row >= height || from >= to) return;
    input.data.set(values.subarray(from, to), (channel * height + y + row) * width + x + from);
  });
  return input;
}

/** A window of a picture. @param {Picture} picture @param {CropGeometry} window @returns {Picture} */
function cut(picture, { top, left, height, width }) {
  if (height === picture.height && width === picture.width) return picture;
  const part = { ...picture, height, width, data: new Uint8Array(picture.channels * height * width) };
  forEachRow(picture, (channel, y, row) => {
    if (y >= top && y < top + height) part.data.set(row.subarray(left, left + width), (channel * height + y - top) * width);
  });
  return part;
}

/** @param {Picture} picture @param {(channel: number, y: number, row: Uint8Array) => void} visit */
function forEachRow({ channels, height, width, data }, visit) {
  for (let row = 0; row < channels * height; row++) {
    visit(Math.floor(row / height), row % height, data.subarray(row * width, (row + 1) * width));
  }
}

/**
 * (value / 255 - mean) / std for each channel.
 * @param {Picture} picture
 * @param {TableDocument["preprocessing"]} preprocessing
 */
export function normalize({ channels, height, width, data }, { mean, std }) {
  const input = tensor([1, channels, height, width]), size = height * width;
  data.forEach((value, at) => {
    const channel = Math.floor(at / size);
    input.data[at] = (value / 255 - (mean[channel] ?? mean[0])) / (std[channel] ?? std[0]);
  });
  return input;
}

/** Whether no channel has values that differ by MIN_CONTRAST or more. @param {Picture} picture */
function isOfOneColour({ channels, height, width, data }) {
  const size = height * width;
  for (let channel = 0; channel < channels; channel++) {
    let least = 255, most = 0;
    for (let at = channel * size; at < (channel + 1) * size; at++) [least, most] = [Math.min(least, data[at]), Math.max(most, data[at])];
    if (most - least >= MIN_CONTRAST) return false;
  }
  return true;
}
