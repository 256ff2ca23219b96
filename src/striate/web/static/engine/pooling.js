/** Pooling, LeNet-5's subsampling, and the strided identity of a shortcut. Padding never wins and never counts. */

import { adaptiveWindows } from "./equations.js";
import { product } from "./plan.js";
import { tensor } from "./tensor.js";

/** @import { Kind, Step, Tensor, Window } from "./types.d.ts" */

/**
 * @typedef {{ from: Int32Array, to: Int32Array }} Spans the rows, or columns, of each window along an axis; `to` is the one after the last
 */
/** @typedef {(step: Step) => [Spans, Spans]} SpansOf */

/** The largest value of each window; its gradient goes to the first of them. @type {Kind} */
export const maxPool = {
  forward({ step }, input) {
    const output = tensor([input.shape[0], ...step.output]);
    const { data } = input, largest = new Int32Array(output.data.length);
    const [rows, columns] = spansOf(step), [, height, width] = step.input;
    for (let first = 0, to = 0; first < data.length; first += height * width) {
      for (let i = 0; i < rows.from.length; i++) {
        for (let j = 0; j < columns.from.length; j++, to++) {
          let best = -1, value = -Infinity;
          for (let y = rows.from[i]; y < rows.to[i]; y++) {
            for (let at = first + y * width + columns.from[j], end = first + y * width + columns.to[j]; at < end; at++) {
              if (data[at] > value || best < 0) [best, value] = [at, data[at]];
            }
          }
          output.data[to] = value;
          largest[to] = best;
        }
      }
    }
    return { output, saved: largest };
  },

  backward({ saved }, input, gradient) {
    const back = tensor(input.shape);
    const largest = /** @type {Int32Array} */ (saved);
    for (let to = 0; to < largest.length; to++) back.data[largest[to]] += gradient.data[to];
    return back;
  },
};

/** The mean of each window over the cells that are input. @type {Kind} */
export const averagePool = meanOf(spansOf);

/** The mean of windows that together cover the input, as torch has them. @type {Kind} */
export const adaptiveAveragePool = meanOf((step) => {
  const axes = [0, 1].map((axis) => spans(adaptiveWindows(step.input[1 + axis], step.output[1 + axis])));
  return /** @type {[Spans, Spans]} */ (axes);
});

/** @param {SpansOf} windows @returns {Kind} */
function meanOf(windows) {
  const perCell = (/** @type {Step} */ step, /** @type {Float32Array} */ values) => {
    const cells = cellsOf(windows(step));
    for (let at = 0; at < values.length; at++) values[at] /= cells[at % cells.length];
    return values;
  };
  return {
    forward({ step }, input) {
      return { output: tensor([input.shape[0], ...step.output], perCell(step, windowSums(step, windows(step), input))) };
    },

    backward({ step }, input, gradient) {
      return spread(step, windows(step), perCell(step, gradient.data.slice()), input);
    },
  };
}

/**
 * The window's sum, times a coefficient, plus a bias, for each map. Source: LeCun et al. 1998, section II.B, layer S2.
 * @type {Kind}
 */
export const subsample = {
  forward({ step, parameters: { weight, bias } }, input) {
    const sums = windowSums(step, spansOf(step), input);
    const output = tensor([input.shape[0], ...step.output]);
    forEachMap(step, sums.length, (map, at, end) => {
      for (; at < end; at++) output.data[at] = sums[at] * weight.data[map] + bias.data[map];
    });
    return { output, saved: sums };
  },

  backward({ step, parameters: { weight }, gradients, saved }, input, gradient) {
    const sums = /** @type {Float32Array} */ (saved);
    const ofSums = new Float32Array(sums.length);
    forEachMap(step, sums.length, (map, at, end) => {
      let ofWeight = 0, ofBias = 0;
      for (; at < end; at++) {
        ofSums[at] = gradient.data[at] * weight.data[map];
        ofWeight += gradient.data[at] * sums[at];
        ofBias += gradient.data[at];
      }
      if (!gradients) return;
      gradients.weight.data[map] += ofWeight;
      gradients.bias.data[map] += ofBias;
    });
    return spread(step, spansOf(step), ofSums, input);
  },
};

/**
 * Every stride-th row and column, and maps of zeros after them. Source: He et al. 2016, section 3.3, option (A).
 * @type {Kind}
 */
export const identity = {
  forward({ step }, input) {
    const output = tensor([input.shape[0], ...step.output]);
    forEachPixel(step, input.shape[0], (to, from) => { output.data[to] = input.data[from]; });
    return { output };
  },

  backward({ step }, input, gradient) {
    const back = tensor(input.shape);
    forEachPixel(step, input.shape[0], (to, from) => { back.data[from] = gradient.data[to]; });
    return back;
  },
};

/** The cells of the input in each window, along both axes. @type {SpansOf} */
function spansOf({ input, output, window }) {
  const { kernel, stride, padding } = /** @type {Window} */ (window);
  const along = (/** @type {0 | 1} */ axis) => spans(Array.from({ length: output[1 + axis] }, (_, index) => {
    const from = index * stride[axis] - padding[axis][0];
    return [Math.max(0, from), Math.min(input[1 + axis], from + kernel[axis])];
  }));
  return [along(0), along(1)];
}

/** @param {number[][]} windows @returns {Spans} */
const spans = (windows) => ({ from: Int32Array.from(windows, ([from]) => from), to: Int32Array.from(windows, ([, to]) => to) });

/** How many cells each window of a map has. @param {[Spans, Spans]} windows */
function cellsOf([rows, columns]) {
  const [heights, widths] = [rows, columns].map(({ from, to }) => Array.from(from, (first, index) => to[index] - first));
  return Int32Array.from(heights.flatMap((height) => widths.map((width) => height * width)));
}

/** The sum of each window's cells. @param {Step} step @param {[Spans, Spans]} windows @param {Tensor} input */
function windowSums(step, [rows, columns], { data, shape }) {
  const [, height, width] = step.input;
  const sums = new Float32Array(shape[0] * product(step.output));
  for (let first = 0, to = 0; first < data.length; first += height * width) {
    for (let i = 0; i < rows.from.length; i++) {
      for (let j = 0; j < columns.from.length; j++, to++) {
        let sum = 0;
        for (let y = rows.from[i]; y < rows.to[i]; y++) {
          for (let at = first + y * width + columns.from[j], end = first + y * width + columns.to[j]; at < end; at++) sum += data[at];
        }
        sums[to] = sum;
      }
    }
  }
  return sums;
}

/**
 * Each window's value added to all its cells.
 * @param {Step} step
 * @param {[Spans, Spans]} windows
 * @param {Float32Array} values
 * @param {Tensor} input
 */
function spread(step, [rows, columns], values, input) {
  const [, height, width] = step.input;
  const back = tensor(input.shape), { data } = back;
  for (let first = 0, from = 0; first < data.length; first += height * width) {
    for (let i = 0; i < rows.from.length; i++) {
      for (let j = 0; j < columns.from.length; j++, from++) {
        const value = values[from];
        for (let y = rows.from[i]; y < rows.to[i]; y++) {
          for (let at = first + y * width + columns.from[j], end = first + y * width + columns.to[j]; at < end; at++) data[at] += value;
        }
      }
    }
  }
  return back;
}

/**
 * @param {Step} step
 * @param {number} length of all outputs
 * @param {(map: number, at: number, end: number) => void} visit
 */
function forEachMap({ output: [maps, rows, columns] }, length, visit) {
  for (let at = 0, index = 0; at < length; at += rows * columns, index++) visit(index % maps, at, at + rows * columns);
}

/** @param {Step} step @param {number} images @param {(to: number, from: number) => void} visit */
function forEachPixel({ input: [mapsIn, height, width], output: [maps, rows, columns], window }, images, visit) {
  const [down, across] = /** @type {Window} */ (window).stride;
  for (let image = 0; image < images; image++) {
    for (let map = 0; map < mapsIn; map++) {
      for (let i = 0; i < rows; i++) {
        const to = ((image * maps + map) * rows + i) * columns;
        const from = ((image * mapsIn + map) * height + i * down) * width;
        for (let j = 0; j < columns; j++) visit(to + j, from + j * across);
      }
    }
  }
}
