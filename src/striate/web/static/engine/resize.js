/**
 * Pictures at another size: bilinear, antialiased, as torch scales them. Bytes are scaled by whole numbers, across first and down
 * afterwards, each time rounded to bytes, so that they are torch's to the bit.
 */

/** @import { Picture } from "./types.d.ts" */

/** @typedef {{ first: number, weights: Float64Array }} Taps what one cell of the output is a mean of */

/**
 * A picture of bytes at another size; itself if it has it.
 * @param {Picture} picture
 * @param {number} height
 * @param {number} width
 * @returns {Picture}
 */
export function resize(picture, height, width) {
  const across = picture.width === width ? picture : { ...picture, width, data: scaleBytes(picture.data, picture.width, width, 1) };
  if (across.height === height) return across;
  return { ...across, height, data: scaleBytes(across.data, across.height, height, width) };
}

/**
 * Numbers (height, width) at another size.
 * @param {Float32Array} values
 * @param {[number, number]} from
 * @param {[number, number]} to
 */
export function resizeNumbers(values, from, to) {
  const across = from[1] === to[1] ? values : scaleLines(values, from[1], 1, tapsOf(from[1], to[1]), Float32Array, (sum) => sum);
  return from[0] === to[0] ? across : scaleLines(across, from[0], to[1], tapsOf(from[0], to[0]), Float32Array, (sum) => sum);
}

/**
 * @param {Uint8Array} data
 * @param {number} from cells of the axis
 * @param {number} to
 * @param {number} apart from one cell of the axis to the next
 */
function scaleBytes(data, from, to, apart) {
  const taps = tapsOf(from, to);
  const largest = taps.reduce((most, { weights }) => Math.max(most, ...weights), 0);
  let bits = 0; // as many as 16 bits hold of the largest weight
  while (bits < 22 && Math.floor(0.5 + largest * 2 ** (bits + 1)) < 2 ** 15) bits += 1;
  const whole = taps.map(({ first, weights }) => ({ first, weights: weights.map((weight) => Math.floor(0.5 + weight * 2 ** bits)) }));
  const half = 2 ** (bits - 1), unit = 2 ** bits;
  return scaleLines(data, from, apart, whole, Uint8Array, (sum) => Math.min(255, Math.max(0, Math.floor((sum + half) / unit))));
}

/**
 * @template {Uint8Array | Float32Array} Numbers
 * @param {Numbers} data
 * @param {number} from
 * @param {number} apart
 * @param {Taps[]} taps
 * @param {new (length: number) => Numbers} kind
 * @param {(sum: number) => number} finish
 * @returns {Numbers}
 */
function scaleLines(data, from, apart, taps, kind, finish) {
  const blocks = data.length / (from * apart);
  const scaled = new kind(blocks * taps.length * apart);
  for (let block = 0, to = 0; block < blocks; block++) {
    for (const { first, weights } of taps) {
      for (let lane = 0; lane < apart; lane++, to++) {
        let sum = 0;
        const start = (block * from + first) * apart + lane;
        for (let tap = 0; tap < weights.length; tap++) sum += weights[tap] * data[start + tap * apart];
        scaled[to] = finish(sum);
      }
    }
  }
  return scaled;
}

/**
 * The weights of each cell of the output: a triangle as wide as the pixels are apart.
 * @param {number} from
 * @param {number} to
 * @returns {Taps[]}
 */
function tapsOf(from, to) {
  const scale = from / to, support = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const center = scale * (index + 0.5);
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - first;
    const weights = Float64Array.from({ length: count }, (_one, tap) =>
      Math.max(0, 1 - Math.abs((first + tap - center + 0.5) / support)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}
