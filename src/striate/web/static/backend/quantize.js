/** Maps as bytes, as the server sends them: striate/inspection/quantized_maps.py. */

import { adaptiveWindows } from "../engine/equations.js";
import { product } from "../engine/plan.js";
import { roundHalfEven } from "../engine/rounding.js";
import { encodeBase64 } from "./base64.js";

/** @import { PackedMaps } from "../lib/types.d.ts" */
/** @import { Shape } from "../engine/types.d.ts" */

const MAX_UNITS = 4096; // of a row without extent

/**
 * The first maps of a row's output, or its units: value = (byte - 128) / 127 * scale. Larger maps are scaled down, each number a mean.
 * @param {Float32Array} output
 * @param {Shape} shape (maps, height, width) or (units,)
 * @param {number} maxMaps
 * @param {number} maxSide
 * @returns {PackedMaps}
 */
export function quantizeMaps(output, shape, maxMaps, maxSide) {
  const isFlat = shape.length === 1 || (shape[1] === 1 && shape[2] === 1);
  const shown = Math.min(isFlat ? product(shape) : shape[0], isFlat ? MAX_UNITS : maxMaps);
  const [height, width] = isFlat ? [1, 1] : shape.slice(1);
  const longer = Math.max(height, width);
  const side = (/** @type {number} */ pixels) => (longer > maxSide ? Math.max(1, Math.floor((pixels * maxSide) / longer)) : pixels);
  const size = /** @type {[number, number]} */ ([side(height), side(width)]);
  const values = means(output.subarray(0, shown * height * width), [height, width], size), { most, signed } = rangeOf(values);
  const scale = most || 1, bytes = new Uint8Array(values.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = roundHalfEven(((Number.isFinite(values[at]) ? values[at] : 0) / scale) * 127 + 128);
  return { shown, size, scale, signed, maps: encodeBase64(bytes) };
}

/** The largest magnitude of the finite numbers, and whether one is negative. @param {Float32Array} values */
function rangeOf(values) {
  let most = 0, signed = false;
  for (let at = 0; at < values.length; at++) {
    const magnitude = Math.abs(values[at]);
    if (magnitude > most && magnitude < Infinity) most = magnitude;
    signed ||= values[at] < 0 && magnitude < Infinity;
  }
  return { most, signed };
}

/** Maps scaled down, each number the mean of its bin. @param {Float32Array} maps @param {number[]} from @param {number[]} to */
export function means(maps, [height, width], to) {
  if (height === to[0] && width === to[1]) return maps;
  const [rows, columns] = [adaptiveWindows(height, to[0]), adaptiveWindows(width, to[1])];
  const scaled = new Float32Array((maps.length / (height * width)) * to[0] * to[1]);
  let at = 0;
  for (let first = 0; first < maps.length; first += height * width) {
    for (const [top, bottom] of rows) {
      for (const [left, right] of columns) {
        let sum = 0;
        for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += maps[first + y * width + x];
        scaled[at++] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return scaled;
}
