/** The batches of an epoch: striate/data/batches.py, with the same pictures in the same order, varied in the same way. */

import { drawsOf, writeVaried } from "../../engine/augmentation.js";
import { fitWindow, normalize, place } from "../../engine/picture.js";
import { Generator, fillUniform, permutation } from "../../engine/random.js";
import { tensor } from "../../engine/tensor.js";

/** @import { TableDocument } from "../../engine/types.d.ts" */
/** @import { Labelled } from "../types.d.ts" */

const APART = 1_000_003; // seeds of runs that follow one another
const VALIDATED = 64; // pictures that are evaluated together

/**
 * The batches of an epoch, counted from 1; they differ by one picture at most.
 * @param {Labelled} part
 * @param {TableDocument} table
 * @param {number} epoch
 */
export function* batchesOf({ pictures, labels }, table, epoch) {
  const { seed, batch_size: size } = table.recipe;
  const order = permutation(pictures.length, new Generator(drawSeed(seed, epoch, 0)));
  const each = drawsOf(table), draws = new Float32Array(pictures.length * each);
  fillUniform(draws, 0, 1, new Generator(drawSeed(seed, epoch, 1)));
  const steps = Math.ceil(pictures.length / size);
  for (let step = 0, start = 0; step < steps; step++) {
    const count = Math.floor(pictures.length / steps) + Number(step < pictures.length % steps);
    const indices = order.subarray(start, start += count);
    const images = tensor([count, ...table.input]), values = images.data.length / count;
    indices.forEach((index, at) => writeVaried(pictures[index], table, draws.subarray(index * each, (index + 1) * each),
      images.data.subarray(at * values, (at + 1) * values)));
    yield { images, labels: indices.map((index) => labels[index]) };
  }
}

/**
 * The lower bits of the seed of an epoch's order, or of its augmentation.
 * @param {number} seed
 * @param {number} epoch
 * @param {0 | 1} purpose
 */
const drawSeed = (seed, epoch, purpose) => Math.imul(2, Math.imul(seed, APART) + epoch) + purpose;

/**
 * Pictures as they are evaluated, in their order, some at a time.
 * @param {Labelled} part
 * @param {TableDocument} table
 */
export function* evaluationBatches({ pictures, labels }, { input, preprocessing }) {
  for (let start = 0; start < pictures.length; start += VALIDATED) {
    const some = pictures.slice(start, start + VALIDATED), size = /** @type {[number, number]} */ (input.slice(1));
    const images = tensor([some.length, ...input]);
    some.forEach((picture, index) => {
      const fitted = place(picture, fitWindow(picture, preprocessing, size), size);
      images.data.set(normalize(fitted, preprocessing).data, index * fitted.data.length);
    });
    yield { images, labels: labels.subarray(start, start + VALIDATED) };
  }
}
