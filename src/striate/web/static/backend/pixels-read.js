/**
 * The pixels of the input that can change a unit: the table followed back from it, row by row; striate/inspection/pixels_read.py.
 *
 * Sets of cells, not sizes and strides: cells of the padding are read from nowhere, dilation leaves gaps, a map of a sparse row or of
 * a branch has only its own inputs.
 */

import { lrnReach } from "../engine/equations.js";
import { adaptiveWindowsOf } from "../engine/plan.js";

/** @import { Box } from "./types.d.ts" */
/** @import { Plan, Shape, Step } from "../engine/types.d.ts" */

/**
 * @typedef {{ maps: number, height: number, width: number, read: Uint8Array }} Cells `read`: 1 where a cell of a row's maps is read
 */

/**
 * The smallest box with all pixels that can change a unit, of one map or of any; of height 0 if it reads padding only.
 * @param {Plan} plan
 * @param {Step} step
 * @param {number[] | null} place (row, column), or null for units without one
 * @param {number | null} [map]
 * @returns {Box}
 */
export function visibleField(plan, step, place, map = null) {
  const { height, width, read } = union(pixelsRead(plan, step, place, map));
  let [top, bottom, left, right] = [height, -1, width, -1];
  read.forEach((isRead, at) => {
    if (!isRead) return;
    const y = Math.floor(at / width), x = at % width;
    [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
  });
  return bottom < 0 ? { top: 0, left: 0, height: 0, width: 0 } : { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** @param {Plan} plan @param {Step} step @param {number[] | null} place @param {number | null} map @returns {Cells} */
function pixelsRead({ steps }, step, place, map) {
  const cells = cellsOf(step.output), [row, column] = place ?? [0, 0];
  for (let index = map ?? 0; index < (map === null ? cells.maps : map + 1); index++) {
    cells.read[(index * cells.height + row) * cells.width + column] = 1;
  }
  return readByAll(/** @type {Step[]} */ (stepsTo(steps, step.path)), cells);
}

/** No cell of maps of a shape; units are maps of one cell. @param {Shape} shape @returns {Cells} */
function cellsOf([maps, height = 1, width = 1]) {
  return { maps, height, width, read: new Uint8Array(maps * height * width) };
}

/** The steps from the input to a row, inclusive. @param {Step[]} steps @param {string} path @returns {Step[] | null} */
function stepsTo(steps, path) {
  for (const [index, step] of steps.entries()) {
    if (step.path === path) return steps.slice(0, index + 1);
    for (const branch of step.branches) {
      const found = stepsTo(branch, path);
      if (found) return [...steps.slice(0, index), ...found];
    }
  }
  return null;
}

/**
 * The cells of the first step's input that these cells of the last one's output depend on.
 * @param {Step[]} steps
 * @param {Cells} cells
 */
const readByAll = (steps, cells) => steps.reduceRight((read, step) => readBy(step, read), cells);

/** @param {Step} step @param {Cells} cells @returns {Cells} */
function readBy(step, cells) {
  const { row, input, branches } = step;
  switch (row.type) {
    case "Concat": {
      let first = 0;
      return either(branches.map((branch) => {
        const part = mapsOf(cells, first, first += branch[branch.length - 1].output[0]);
        return readByAll(branch, part);
      }));
    }
    case "Add": return either(branches.map((branch) => readByAll(branch, cells)));
    case "Conv": return readByConvolution(step, cells);
    case "MaxPool": case "AveragePool": case "Subsample": return underWindow(step, cells);
    case "Identity": return underWindow(step, mapsOf(cells, 0, input[0]));
    case "AdaptiveAveragePool":
      return underSpans(step, cells, (axis) => adaptiveWindowsOf(step, axis).map(([from, to]) => range(from, to)));
    case "LRN": return withNeighbours(step, cells);
    case "Dense": case "RBF": {
      const all = cellsOf(input);
      return { ...all, read: all.read.fill(1) };
    }
    default: return cells;
  }
}

/** @param {Step} step @param {Cells} cells */
function readByConvolution(step, cells) {
  const { row: { connections, groups = 1 }, input: [maps] } = step;
  if (!connections) {
    const size = cells.maps / groups;
    const byGroup = stacked(range(0, groups).map((group) => union(mapsOf(cells, group * size, (group + 1) * size))));
    const read = underWindow(step, byGroup);
    return stacked(range(0, maps).map((map) => {
      const group = Math.floor((map * groups) / maps);
      return mapsOf(read, group, group + 1);
    }));
  }
  return underWindow(step, stacked(range(0, maps).map((map) => {
    const readers = range(0, cells.maps).filter((index) => connections[index].includes(map));
    return readers.length ? either(readers.map((index) => mapsOf(cells, index, index + 1))) : cellsOf([1, cells.height, cells.width]);
  })));
}

/**
 * The cells of the input under the windows of these cells, without the padding.
 * @param {Step} step
 * @param {Cells} cells
 */
function underWindow(step, cells) {
  const { window, input } = step;
  if (!window) return cells;
  const { kernel, stride, padding, dilation } = window;
  return underSpans(step, cells, (axis) => range(0, step.output[1 + axis]).map((index) =>
    range(0, kernel[axis]).map((tap) => index * stride[axis] - padding[axis][0] + tap * dilation[axis])
      .filter((place) => place >= 0 && place < input[1 + axis])));
}

/**
 * @param {Step} step
 * @param {Cells} cells
 * @param {(axis: 0 | 1) => number[][]} placesOf the rows or columns of the input that each of the output reads
 */
function underSpans({ input }, cells, placesOf) {
  const { maps, height, width, read } = cells;
  const tall = cellsOf([maps, input[1], width]), rows = placesOf(0);
  read.forEach((isRead, at) => {
    if (!isRead) return;
    const line = Math.floor(at / width), first = Math.floor(line / height) * input[1];
    for (const y of rows[line % height]) tall.read[(first + y) * width + (at % width)] = 1;
  });
  const whole = cellsOf([maps, input[1], input[2]]), columns = placesOf(1);
  tall.read.forEach((isRead, at) => {
    if (isRead) for (const x of columns[at % width]) whole.read[Math.floor(at / width) * input[2] + x] = 1;
  });
  return whole;
}

/** The maps, and those that each competes with, inside its group. @param {Step} step @param {Cells} cells */
function withNeighbours({ row }, cells) {
  const [before, after] = lrnReach(row.size, row.convention), size = cells.maps / row.groups;
  return stacked(range(0, cells.maps).map((map) => {
    const first = map - (map % size);
    return union(mapsOf(cells, Math.max(first, map - after), Math.min(first + size, map + before + 1)));
  }));
}

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);

/** @param {Cells} cells @param {number} from @param {number} to @returns {Cells} */
function mapsOf({ height, width, read }, from, to) {
  return { maps: to - from, height, width, read: read.subarray(from * height * width, to * height * width) };
}

/** @param {Cells[]} parts @returns {Cells} */
function stacked(parts) {
  const { height, width } = parts[0];
  const all = cellsOf([parts.reduce((sum, { maps }) => sum + maps, 0), height, width]);
  let at = 0;
  for (const { read } of parts) {
    all.read.set(read, at);
    at += read.length;
  }
  return all;
}

/** The cells of any part, of one shape. @param {Cells[]} parts @returns {Cells} */
const either = (parts) => ({ ...parts[0], read: parts[0].read.map((_, at) => (parts.some(({ read }) => read[at]) ? 1 : 0)) });

/** The cells of any map, as one map. @param {Cells} cells @returns {Cells} */
const union = (cells) => either(range(0, cells.maps).map((map) => mapsOf(cells, map, map + 1)));
