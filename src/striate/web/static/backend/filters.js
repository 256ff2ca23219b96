/**
 * What Filters asks for: a kernel over one channel of a picture, and the sum at one place; striate/web/lab/filters.py.
 */

import { convertChannels, downscale, pictureOf } from "../engine/picture.js";
import { resize } from "../engine/resize.js";
import { roundHalfEven } from "../engine/rounding.js";
import { tensor } from "../engine/tensor.js";
import { traceUnit } from "./arithmetic.js";
import { encodeBase64 } from "./base64.js";
import { runRow } from "./one-row.js";
import { quantizeMaps } from "./quantize.js";
import { RequestError, queryInt, queryText, queryWord } from "./query.js";

/** @import { Query, Routes } from "./types.d.ts" */
/** @import { Picture, Window } from "../engine/types.d.ts" */

/** How many channels the picture is decoded to, and which of them is filtered. */
const CHANNELS = /** @type {const} */ ({ gray: [1, 0], red: [3, 0], green: [3, 1], blue: [3, 2] });
const LEAST_SIDE = 16, MOST_SIDE = 256, SIDE = 64; // pixels of the picture's longer side
const MOST_ROWS = 7, MOST_WEIGHT = 1000; // of a kernel
const MOST_STRIDE = 4, MOST_PADDING = 8;

/** The classic kernels, which are the same for all, were written beforehand. @type {Routes} */
export const filtersRoutes = {
  "POST filters": (_backend, query, picture) => {
    const kernel = readKernel(query), stride = queryInt(query, "stride", 1, MOST_STRIDE, 1), padding = readPadding(query);
    const side = queryInt(query, "side", LEAST_SIDE, MOST_SIDE, SIDE);
    const place = ["row", "column"].map((name) => queryInt(query, name, 0, MOST_SIDE * 2, 0));
    const channel = queryWord(query, "channel", /** @type {(keyof typeof CHANNELS)[]} */ (Object.keys(CHANNELS)), "gray");
    if (!picture) throw new RequestError("the image: empty");
    return filtered(pictureOf(picture), { kernel, stride, padding, channel, side, place });
  },
};

/** The kernel in the query: rows of numbers, square. @param {Query} query @returns {number[][]} */
function readKernel(query) {
  const rows = parsed(queryText(query, "kernel"));
  const isSquare = Array.isArray(rows) && rows.length >= 1 && rows.length <= MOST_ROWS && rows.every((row) =>
    Array.isArray(row) && row.length === rows.length && row.every((cell) => typeof cell === "number" || cell === null));
  if (!isSquare) throw new RequestError(`kernel: expected 1 to ${MOST_ROWS} rows of as many numbers, as JSON`);
  if (rows.flat().some((/** @type {number | null} */ weight) => weight === null || Math.abs(weight) > MOST_WEIGHT)) {
    throw new RequestError(`kernel: expected numbers from ${-MOST_WEIGHT} to ${MOST_WEIGHT}`);
  }
  return rows;
}

/** JSON, or null for a text that is none. @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * The padding in the query: a word, or cells on every side.
 * @param {Query} query
 * @returns {"valid" | "same" | number}
 */
function readPadding(query) {
  const text = queryText(query, "padding", "valid");
  return text === "valid" || text === "same" ? text : queryInt(query, "padding", 0, MOST_PADDING);
}

/**
 * The picture, the filtered map, and the sum at a place, or at the nearest cell of the map.
 * @param {Picture} picture
 * @param {{ kernel: number[][], stride: number, padding: "valid" | "same" | number, channel: keyof typeof CHANNELS, side: number,
 *   place: number[] }} wanted
 */
function filtered(picture, { kernel, stride, padding, channel, side, place }) {
  const { height, width, data } = channelOf(picture, channel, side), shape = [kernel.length, kernel.length];
  const row = { type: "Conv", name: "filter", maps: 1, kernel: shape, stride, padding };
  const weights = new Map([["filter.weight", tensor([1, 1, ...shape], Float32Array.from(kernel.flat()))]]);
  const { network, step, trace, output } = runRow("kernel", row, tensor([1, 1, height, width], Float32Array.from(data)), weights);
  const [, rows, columns] = step.output, cell = [Math.min(place[0], rows - 1), Math.min(place[1], columns - 1)];
  const { kernel: size, stride: steps, padding: sides, dilation } = /** @type {Window} */ (step.window);
  const { window, products, corner, steps: stages } = traceUnit(network, step, [0, ...cell], trace);
  const lines = (/** @type {Float64Array} */ values) => kernel.map((_, y) => Array.from(values.subarray(y * size[1], (y + 1) * size[1])));
  return {
    input: { shape: step.input, pixels: encodeBase64(data) },
    output: quantizeMaps(output.data, step.output, 1, Math.max(rows, columns)),
    range: [output.data.reduce((a, b) => Math.min(a, b)), output.data.reduce((a, b) => Math.max(a, b))],
    window: { kernel: size, stride: steps, padding: sides, dilation },
    place: {
      unit: cell, corner, window: lines(window), products: lines(/** @type {Float64Array} */ (products)),
      value: stages[stages.length - 1].value,
    },
  };
}

/**
 * One channel of a picture, its longer side `side` pixels at most.
 * @param {Picture} picture
 * @param {keyof typeof CHANNELS} name
 * @param {number} side
 */
function channelOf(picture, name, side) {
  const [channels, index] = CHANNELS[name];
  const decoded = downscale(convertChannels(picture, channels), side), longer = Math.max(decoded.height, decoded.width);
  const pixels = (/** @type {number} */ all) => Math.max(1, roundHalfEven((all * side) / longer));
  const { height, width, data } = longer > side ? resize(decoded, pixels(decoded.height), pixels(decoded.width)) : decoded;
  return { height, width, data: data.subarray(index * height * width, (index + 1) * height * width) };
}
