/**
 * The pictures that the page carries, as the server's code packed them: striate/web/lab/packed_sets.py. They are scikit-learn's digits,
 * whose few shades have codes of different lengths (Huffman 1952) and which are scaled up as striate/data/named.py does it.
 */

import { augmentationSteps } from "../../engine/augmentation.js";
import { convertChannels, downscale, invertIfLight } from "../../engine/picture.js";
import { roundHalfEven } from "../../engine/rounding.js";
import { decodeBase64 } from "../base64.js";

/** @import { Picture, TableDocument } from "../../engine/types.d.ts" */
/** @import { PackedSet, PictureSet } from "../types.d.ts" */

const MARGIN = 256 / 224; // how much larger than the input pictures are stored, where no crop states a size

/**
 * A set's pictures in two parts, as they are stored for a table.
 * @param {PackedSet} packed
 * @param {TableDocument} table
 * @returns {PictureSet}
 */
export function unpackSet({ labels, train, side, scaled, most, lengths, content }, table) {
  const shades = decodeShades(lengths, decodeBase64(content), labels.length * side * side);
  const bytes = scaleUp(shades, side, scaled, 255 / most), size = scaled * scaled;
  const pictures = Array.from(labels, (_, index) =>
    storedFor(table, { channels: 1, height: scaled, width: scaled, data: bytes.subarray(index * size, (index + 1) * size) }));
  const numbers = Uint8Array.from(labels, Number);
  return {
    train: { pictures: pictures.slice(0, train), labels: numbers.subarray(0, train) },
    validation: { pictures: pictures.slice(train), labels: numbers.subarray(train) },
  };
}

/**
 * Shades in a canonical Huffman code.
 * @param {number[]} lengths bits of each shade's code
 * @param {Uint8Array} bytes
 * @param {number} count
 */
function decodeShades(lengths, bytes, count) {
  const ordered = lengths.map((_, shade) => shade).filter((shade) => lengths[shade]).sort((a, b) => lengths[a] - lengths[b] || a - b);
  const perLength = lengths.reduce((counts, length) => (counts[length] += 1, counts), new Uint16Array(32));
  const shades = new Uint8Array(count);
  for (let index = 0, bit = 0; index < count; index++) {
    let code = 0, first = 0, before = 0; // the first code of this length, and how many are shorter
    for (let length = 1; ; length++, bit++) {
      code = (code << 1) | ((bytes[bit >> 3] >> (7 - (bit & 7))) & 1);
      first <<= 1;
      if (code - first < perLength[length]) {
        shades[index] = ordered[before + code - first];
        bit += 1;
        break;
      }
      first += perLength[length];
      before += perLength[length];
    }
  }
  return shades;
}

/**
 * Squares of shades as bytes at another size, bilinearly: in single precision, and in the order in which torch adds the four neighbours,
 * so that what lies in the middle between two bytes becomes the same one.
 * @param {Uint8Array} shades
 * @param {number} from
 * @param {number} to
 * @param {number} unit
 */
function scaleUp(shades, from, to, unit) {
  const { fround } = Math;
  const taps = Array.from({ length: to }, (_, index) => {
    const at = Math.max(0, fround(fround(from / to) * (index + 0.5) - 0.5)), first = Math.floor(at);
    return { first, next: Math.min(first + 1, from - 1), share: fround(at - first), rest: fround(1 - fround(at - first)) };
  });
  const bytes = new Uint8Array((shades.length / (from * from)) * to * to);
  for (let start = 0, at = 0; start < shades.length; start += from * from) {
    for (const down of taps) {
      const above = start + down.first * from, below = start + down.next * from;
      for (const across of taps) {
        let sum = fround(fround(down.rest * across.share) * (shades[above + across.next] * unit));
        sum = fround(fround(down.rest * across.rest) * (shades[above + across.first] * unit) + sum);
        sum = fround(fround(down.share * across.rest) * (shades[below + across.first] * unit) + sum);
        sum = fround(fround(down.share * across.share) * (shades[below + across.next] * unit) + sum);
        bytes[at++] = roundHalfEven(sum);
      }
    }
  }
  return bytes;
}

/**
 * A picture as it is stored for a table: with its channels, at the size from which its crops are cut, light on dark.
 * @param {TableDocument} table
 * @param {Picture} picture
 */
function storedFor(table, picture) {
  const stored = downscale(convertChannels(picture, table.input[0]), storedSide(table));
  return table.preprocessing.light_on_dark ? invertIfLight(stored) : stored;
}

/** Pixels of the shorter side that stored pictures have at most. @param {TableDocument} table */
export function storedSide(table) {
  const { input, preprocessing } = table, longer = Math.max(input[1], input[2]);
  const steps = new Map(augmentationSteps(table).map((step) => [step.type, step]));
  const crop = steps.get("RandomCrop");
  if (crop) return Array.isArray(crop.of) ? crop.of[0] : crop.of;
  const isMoved = steps.has("RandomTranslation") && !steps.has("RandomResizedCrop");
  return roundHalfEven(isMoved ? longer / preprocessing.crop : longer * MARGIN);
}
