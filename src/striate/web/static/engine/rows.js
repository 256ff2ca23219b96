/** What each kind of row makes of a shape, and the rules that it may break; striate/tables/rows.py and window.py. */

import { adaptiveWindow, effectiveKernel, outputSize, samePadding } from "./equations.js";
import { spellShape } from "./spelling.js";
import { TableError } from "./table-error.js";

/** @import { Row, Shape, Window } from "./types.d.ts" */

/** One number for both directions, or (height, width). @param {number | [number, number]} value @returns {[number, number]} */
export const pair = (value) => (Array.isArray(value) ? value : [value, value]);

/**
 * The window that slides over maps of a shape, padding resolved to cells; null for a row without one.
 * @param {Row} row
 * @param {Shape} shape
 * @returns {Window | null}
 */
export function windowOf(row, shape) {
  if (row.type === "Identity") return windowOver(shape, { kernel: 1, stride: row.stride });
  if (row.type === "AdaptiveAveragePool") {
    requireMaps(shape);
    const size = pair(row.size);
    const [rows, columns] = [0, 1].map((axis) => adaptiveWindow(shape[1 + axis], size[axis]));
    return { kernel: [rows[0], columns[0]], stride: [rows[1], columns[1]], padding: [[0, 0], [0, 0]], dilation: [1, 1], ceil: false };
  }
  return row.kernel ? windowOver(shape, row) : null;
}

/**
 * The shape out for a shape in.
 * @param {Row} row
 * @param {Shape} shape
 * @param {Window | null} window that of `windowOf`
 * @returns {Shape}
 */
export function outputOf(row, shape, window) {
  switch (row.type) {
    case "Conv": return convOutput(row, shape, /** @type {Window} */ (window));
    case "MaxPool": case "AveragePool": return poolOutput(shape, /** @type {Window} */ (window));
    case "Subsample": return [shape[0], ...sizeOf(shape, /** @type {Window} */ (window))];
    case "AdaptiveAveragePool": {
      const size = pair(row.size);
      if (size.some((outputs, axis) => outputs > shape[1 + axis])) {
        throw new TableError(`size must not exceed the input's: ${spellShape(size)}, ${spellShape(shape.slice(1))}`);
      }
      return [shape[0], ...size];
    }
    case "Identity": {
      const size = sizeOf(shape, /** @type {Window} */ (window));
      if (row.maps < shape[0]) throw new TableError(`maps must be at least those of the input: ${spellShape([row.maps])}, ${shape[0]}`);
      return [row.maps, ...size];
    }
    case "LRN":
      requireMaps(shape);
      if (shape[0] % (row.groups ?? 1)) {
        throw new TableError(`groups must divide the maps: ${spellShape([row.groups])} groups, ${spellShape([shape[0]])} maps`);
      }
      return shape;
    case "Dense": return [row.units];
    case "RBF": return rbfOutput(row, shape);
    default: return shape;
  }
}

/** @param {Shape} shape */
function requireMaps(shape) {
  if (shape.length !== 3) throw new TableError(`needs maps, but a fully connected row before it left ${spellShape(shape)} units`);
}

/**
 * @param {Shape} shape
 * @param {any} row with kernel, and maybe stride, padding, dilation, ceil
 * @returns {Window}
 */
function windowOver(shape, row) {
  requireMaps(shape);
  const [kernel, stride, dilation] = [pair(row.kernel), pair(row.stride ?? 1), pair(row.dilation ?? 1)];
  const padding = /** @type {[[number, number], [number, number]]} */ ([0, 1].map((axis) => {
    if (row.padding === "same") return samePadding(shape[1 + axis], kernel[axis], stride[axis], dilation[axis]);
    if (!row.padding || row.padding === "valid") return [0, 0];
    return pair(Array.isArray(row.padding) ? row.padding[axis] : row.padding);
  }));
  return { kernel, stride, padding, dilation, ceil: Boolean(row.ceil) };
}

/** The (height, width) of the output over maps of a shape. @param {Shape} shape @param {Window} window @returns {[number, number]} */
function sizeOf(shape, window) {
  const { kernel, stride, padding, dilation, ceil } = window;
  const height = outputSize(shape[1], kernel[0], stride[0], padding[0], { dilation: dilation[0], ceil });
  const width = outputSize(shape[2], kernel[1], stride[1], padding[1], { dilation: dilation[1], ceil });
  if (height < 1 || width < 1) {
    const reach = kernel.map((size, axis) => effectiveKernel(size, dilation[axis]));
    throw new TableError(`a kernel of ${spellShape(reach)} does not fit into an input of ${spellShape(shape.slice(1))} with`
      + ` ${spellPadding(window)}`);
  }
  return [height, width];
}

/** @param {Window} window */
function spellPadding({ padding: [[top, bottom], [left, right]] }) {
  const cells = [top, bottom, left, right].map((side) => spellShape([side]));
  if (cells.every((side) => side === cells[0])) return top ? `padding ${cells[0]}` : "no padding";
  return `padding ${cells[0]}+${cells[1]} rows and ${cells[2]}+${cells[3]} columns`;
}

/** @param {Row} row @param {Shape} shape @param {Window} window @returns {Shape} */
function convOutput(row, shape, window) {
  const { maps, groups = 1, connections } = row;
  const size = sizeOf(shape, window);
  if (shape[0] % groups || maps % groups) {
    const [parts, mapsIn, mapsOut] = [groups, shape[0], maps].map((number) => spellShape([number]));
    throw new TableError(`groups must divide the maps: ${parts} groups, ${mapsIn} maps in, ${mapsOut} maps out`);
  }
  if (connections) checkConnections(connections, shape[0], maps, groups);
  return [maps, ...size];
}

/** @param {number[][]} connections @param {number} mapsIn @param {number} maps @param {number} groups */
function checkConnections(connections, mapsIn, maps, groups) {
  if (groups !== 1) throw new TableError(`connections and groups exclude each other: ${spellShape([groups])} groups`);
  if (connections.length !== maps) {
    throw new TableError(`connections must list the inputs of each map: ${connections.length} lists, ${spellShape([maps])} maps`);
  }
  connections.forEach((inputs, index) => {
    if (inputs.length && new Set(inputs).size === inputs.length && inputs.every((map) => map >= 0 && map < mapsIn)) return;
    throw new TableError(`connections of map ${index} must be different input maps from 0 to ${spellShape([mapsIn - 1])}:`
      + ` [${inputs.join(", ")}]`);
  });
}

/** @param {Shape} shape @param {Window} window @returns {Shape} */
function poolOutput(shape, window) {
  const size = sizeOf(shape, window);
  if (window.kernel.some((kernel, axis) => Math.max(...window.padding[axis]) >= kernel)) {
    throw new TableError("padding must be smaller than the window, or some windows contain no input:"
      + ` ${spellPadding(window)}, kernel ${spellShape(window.kernel)}`);
  }
  return [shape[0], ...size];
}

/** @param {Row} row @param {Shape} shape @returns {Shape} */
function rbfOutput({ prototypes }, shape) {
  prototypes.forEach((/** @type {string[]} */ picture, /** @type {number} */ index) => {
    const cells = picture.join("").length;
    if (shape.length === 1 && shape[0] === cells) return;
    throw new TableError(`a prototype has a cell for each input unit: prototype ${index} has ${cells} cells,`
      + ` the input is ${spellShape(shape)}`);
  });
  return [prototypes.length];
}
