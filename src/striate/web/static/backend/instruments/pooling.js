/** A picture, the same shifted, and both pooled; striate/web/lab/instruments/pooling.py. */

import { roundHalfEven } from "../../engine/rounding.js";
import { tensor } from "../../engine/tensor.js";
import { encodeBase64 } from "../base64.js";
import { respondToImage } from "../models.js";
import { runRow } from "../one-row.js";
import { fillOf, shift } from "../perturb.js";
import { queryInt, queryWord } from "../query.js";

/** @import { Routes } from "../types.d.ts" */
/** @import { Picture } from "../../engine/types.d.ts" */

/** @typedef {"max" | "average" | "none"} Kind */

const MOST_KERNEL = 6, MOST_STRIDE = 6, MOST_SHIFT = 8, MOST_SIDE = 4096;
const KINDS = /** @type {const} */ (["max", "average", "none"]);

/** @type {Routes} */
export const poolingRoutes = {
  "POST instruments/pooling": (backend, query, picture) => {
    const kernel = queryInt(query, "kernel", 1, MOST_KERNEL, 2), stride = queryInt(query, "stride", 1, MOST_STRIDE, 2);
    const right = queryInt(query, "shift", 0, MOST_SHIFT, 1), kind = queryWord(query, "kind", KINDS, "max");
    const place = "row" in query ? [queryInt(query, "row", 0, MOST_SIDE), queryInt(query, "column", 0, MOST_SIDE, 0)] : null;
    return respondToImage(backend, query, picture, ({ network }, { fitted }) => {
      const shifted = shift(fitted, right, fillOf(network.plan.table.preprocessing));
      return pooledDocument(fitted, shifted, { kernel: kind === "none" ? 1 : kernel, stride, right, kind, place });
    });
  },
};

/**
 * The pictures, what the shift changes, and the window of the cell at a place, or of the nearest; without one of that with the most
 * contrast.
 * @param {Picture} picture
 * @param {Picture} shifted
 * @param {{ kernel: number, stride: number, right: number, kind: Kind, place: number[] | null }} options
 */
function pooledDocument(picture, shifted, { kernel, stride, right, kind, place }) {
  const [pooled, pooledShifted] = [picture, shifted].map((one) => pool(one, kernel, stride, kind));
  const [channels, rows, columns] = pooled.shape, { followed, cells } = followedChange(pooled, pooledShifted, Math.ceil(right / stride));
  const [row, column] = place ? [Math.min(place[0], rows - 1), Math.min(place[1], columns - 1)]
    : strongestContrast(picture, kernel, stride, [rows, columns]);
  const all = Array.from({ length: channels }, (_, channel) => channel);
  return {
    input: imageOf([picture.channels, picture.height, picture.width], picture.data),
    shifted: imageOf([picture.channels, picture.height, picture.width], shifted.data),
    pooled: imageOf(pooled.shape, pooled.data), pooled_shifted: imageOf(pooled.shape, pooledShifted.data),
    change: { input: changeOf(picture.data, shifted.data), output: changeOf(pooled.data, pooledShifted.data), followed, cells },
    place: {
      unit: [row, column], corner: [row * stride, column * stride],
      windows: all.map((channel) => linesAt(picture, channel, row * stride, column * stride, kernel)),
      values: all.map((channel) => pooled.data[(channel * rows + row) * columns + column]),
    },
  };
}

/**
 * A picture pooled, each channel for itself.
 * @param {Picture} picture
 * @param {number} kernel
 * @param {number} stride
 * @param {Kind} kind
 */
function pool({ channels, height, width, data }, kernel, stride, kind) {
  const row = { type: kind === "average" ? "AveragePool" : "MaxPool", name: "pooling", kernel: [kernel, kernel], stride, padding: "valid" };
  const { output } = runRow("pooling", row, tensor([1, channels, height, width], Float32Array.from(data)));
  return { shape: output.shape.slice(1), data: output.data };
}

/** @typedef {ReturnType<typeof pool>} Pooled */

/**
 * The change when the pooled maps are moved back by the whole number of cells that leaves the least.
 * @param {Pooled} before
 * @param {Pooled} after
 * @param {number} most cells
 */
function followedChange({ shape: [, , columns], data }, after, most) {
  const moves = Array.from({ length: Math.min(most + 1, columns) }, (_, cells) => cells);
  const changes = moves.map((cells) =>
    changeOf(data.filter((_, at) => at % columns < columns - cells), after.data.filter((_, at) => at % columns >= cells)));
  const followed = Math.min(...changes);
  return { followed, cells: changes.indexOf(followed) };
}

/** The mean absolute difference. @param {ArrayLike<number>} before @param {ArrayLike<number>} after */
function changeOf(before, after) {
  let sum = 0;
  for (let at = 0; at < before.length; at++) sum += Math.abs(after[at] - before[at]);
  return sum / before.length;
}

/**
 * The first cell whose window has the largest difference of two values, summed over the channels.
 * @param {Picture} picture
 * @param {number} kernel
 * @param {number} stride
 * @param {number[]} cells
 */
function strongestContrast(picture, kernel, stride, [rows, columns]) {
  let best = { contrast: -1, row: 0, column: 0 };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let contrast = 0;
      for (let channel = 0; channel < picture.channels; channel++) {
        const values = linesAt(picture, channel, row * stride, column * stride, kernel).flat();
        contrast += Math.max(...values) - Math.min(...values);
      }
      if (contrast > best.contrast) best = { contrast, row, column };
    }
  }
  return [best.row, best.column];
}

/**
 * The values of a window.
 * @param {Picture} picture
 * @param {number} channel
 * @param {number} top
 * @param {number} left
 * @param {number} size
 */
const linesAt = ({ height, width, data }, channel, top, left, size) => Array.from({ length: size }, (_, y) => {
  const from = (channel * height + top + y) * width + left;
  return Array.from(data.subarray(from, from + size));
});

/** @param {number[]} shape @param {ArrayLike<number>} data */
const imageOf = (shape, data) => ({ shape, pixels: encodeBase64(Uint8Array.from(data, roundHalfEven)) });
