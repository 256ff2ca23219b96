/**
 * Convolution as a product of matrices: the kernels, a row for each output map, times the patches, a column for each position of
 * each image. Source: the notes, "convolution sum"; reference.py has it as loops.
 */

import { addProduct, matrix, places, transposed } from "./matrix.js";
import { product } from "./plan.js";
import { zeros } from "./scratch.js";
import { sizeOfImage, tensor } from "./tensor.js";

/** @import { Kind, Matrix, Step, Tensor, Window } from "./types.d.ts" */

/** @type {Kind} */
export const convolution = {
  forward({ step, parameters }, input) {
    const images = input.shape[0];
    const output = tensor([images, ...step.output]);
    const weight = denseWeight(step, parameters.weight), padded = withPadding(step, input);
    if (parameters.bias) fillMaps(output, parameters.bias.data);
    for (let group = 0; group < (step.row.groups ?? 1); group++) {
      addProduct(outputMaps(step, output.data, images, group), kernels(step, weight, group), patches(step, padded, images, group));
    }
    return { output };
  },

  backward({ step, parameters, gradients, ofInput }, input, gradient) {
    const images = input.shape[0];
    const weight = denseWeight(step, parameters.weight), ofWeight = new Float32Array(weight.length);
    const padded = withPadding(step, input), ofPadded = zeros("gradient", ofInput ? padded.length : 0);
    for (let group = 0; group < (step.row.groups ?? 1); group++) {
      const ofOutput = outputMaps(step, gradient.data, images, group);
      if (gradients) addProduct(kernels(step, ofWeight, group), ofOutput, transposed(patches(step, padded, images, group)));
      if (ofInput) addProduct(patches(step, ofPadded, images, group), transposed(kernels(step, weight, group)), ofOutput);
    }
    if (gradients) addConnected(step, gradients.weight.data, ofWeight);
    if (gradients?.bias) addMapSums(gradients.bias.data, gradient);
    const back = tensor(input.shape);
    if (ofInput) forEachLine(step, images, (line, at, width) => back.data.set(ofPadded.subarray(at, at + width), line * width));
    return back;
  },
};

/**
 * The kernels of all pairs of maps, zeros where a connection table has none.
 * @param {Step} step
 * @param {Tensor} weight
 */
export function denseWeight(step, weight) {
  const { connections } = step.row;
  if (!connections) return weight.data;
  const area = product(/** @type {Window} */ (step.window).kernel);
  const dense = new Float32Array(connections.length * step.input[0] * area);
  forEachConnection(step, (pair, place) => dense.set(weight.data.subarray(pair * area, (pair + 1) * area), place * area));
  return dense;
}

/**
 * Add the gradient of all kernels to that of those that there are.
 * @param {Step} step
 * @param {Float32Array} to
 * @param {Float32Array} dense
 */
function addConnected(step, to, dense) {
  if (!step.row.connections) return dense.forEach((number, index) => { to[index] += number; });
  const area = product(/** @type {Window} */ (step.window).kernel);
  forEachConnection(step, (pair, place) => {
    for (let tap = 0; tap < area; tap++) to[pair * area + tap] += dense[place * area + tap];
  });
}

/**
 * @param {Step} step
 * @param {(pair: number, place: number) => void} visit the connection's number, and its kernel's among all pairs
 */
function forEachConnection({ row, input }, visit) {
  let pair = 0;
  row.connections.forEach((/** @type {number[]} */ sources, /** @type {number} */ target) =>
    sources.forEach((source) => visit(pair++, target * input[0] + source)));
}

/**
 * The kernels of a group: a row for each output map, a column for each tap.
 * @param {Step} step
 * @param {Float32Array} data
 * @param {number} group
 */
function kernels({ row, input, window }, data, group) {
  const maps = row.maps / (row.groups ?? 1);
  const taps = (input[0] / (row.groups ?? 1)) * product(/** @type {Window} */ (window).kernel);
  return matrix(data, maps, taps, group * maps * taps);
}

/**
 * The output maps of a group: a row for each, a column for each position of each image.
 * @param {Step} step
 * @param {Float32Array} data
 * @param {number} images
 * @param {number} group
 * @returns {Matrix}
 */
function outputMaps({ row, output }, data, images, group) {
  const maps = row.maps / (row.groups ?? 1), positions = product(output.slice(1));
  const columns = new Int32Array(images * positions);
  for (let image = 0, at = 0; image < images; image++) {
    for (let position = 0; position < positions; position++, at++) columns[at] = image * row.maps * positions + position;
  }
  return { data, rows: places(maps, positions, group * maps * positions), columns };
}

/**
 * The patches under the kernel: a row for each input map of the group and each tap, a column for each position of each image. They
 * overlap in the padded images: adding to them adds up what each pixel gets.
 * @param {Step} step
 * @param {Float32Array} data padded images
 * @param {number} images
 * @param {number} group
 * @returns {Matrix}
 */
function patches(step, data, images, group) {
  const { row, input, output } = step;
  const { kernel, stride, dilation } = /** @type {Window} */ (step.window);
  const { height, width } = paddedSize(step), size = height * width, maps = input[0] / (row.groups ?? 1);
  const taps = new Int32Array(maps * product(kernel)), positions = new Int32Array(images * output[1] * output[2]);
  for (let map = 0, at = 0; map < maps; map++) {
    for (let u = 0; u < kernel[0]; u++) {
      for (let v = 0; v < kernel[1]; v++, at++) taps[at] = (group * maps + map) * size + u * dilation[0] * width + v * dilation[1];
    }
  }
  for (let image = 0, at = 0; image < images; image++) {
    for (let i = 0; i < output[1]; i++) {
      for (let j = 0; j < output[2]; j++, at++) positions[at] = image * input[0] * size + i * stride[0] * width + j * stride[1];
    }
  }
  return { data, rows: taps, columns: positions };
}

/** Of a map with its padding. @param {Step} step */
function paddedSize({ input, window }) {
  const [rows, columns] = /** @type {Window} */ (window).padding;
  return { height: input[1] + rows[0] + rows[1], width: input[2] + columns[0] + columns[1] };
}

/** The images with their padding, or themselves if there is none. @param {Step} step @param {Tensor} input */
function withPadding(step, input) {
  const { height, width } = paddedSize(step), images = input.shape[0];
  if (height * width === step.input[1] * step.input[2]) return input.data;
  const padded = zeros("padded", images * step.input[0] * height * width);
  forEachLine(step, images, (line, at, length) => padded.set(input.data.subarray(line * length, (line + 1) * length), at));
  return padded;
}

/**
 * @param {Step} step
 * @param {number} images
 * @param {(line: number, at: number, length: number) => void} visit with the place in padded images
 */
function forEachLine(step, images, visit) {
  const [maps, rows, columns] = step.input;
  const [[top], [left]] = /** @type {Window} */ (step.window).padding;
  const { height, width } = paddedSize(step);
  for (let line = 0; line < images * maps * rows; line++) {
    visit(line, (Math.floor(line / rows) * height + top + (line % rows)) * width + left, columns);
  }
}

/** @param {Tensor} to @param {Float32Array} values one for each map */
function fillMaps(to, values) {
  const size = sizeOfImage(to) / values.length;
  for (let index = 0; index < to.data.length / size; index++) to.data.fill(values[index % values.length], index * size, (index + 1) * size);
}

/** @param {Float32Array} to one for each map @param {Tensor} from */
function addMapSums(to, from) {
  const size = sizeOfImage(from) / to.length;
  for (let index = 0, at = 0; at < from.data.length; index++) {
    let sum = 0;
    for (const end = at + size; at < end; at++) sum += from.data[at];
    to[index % to.length] += sum;
  }
}
