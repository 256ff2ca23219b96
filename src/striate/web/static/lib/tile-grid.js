/** The maps of a row as tiles on one canvas: how many fit, where each one is, and their painting. */

import { decodeBase64, diverging, paintMap } from "./canvas.js";
import { formatNumber } from "./i18n.js";
import { mapsOf } from "./network-geometry.js";

/** @import { Box, Pair, RowMaps, TileGrid } from "./types.d.ts" */

const GAP = 4;
const SPLIT = 18;
const LARGEST_UNIT = 18;

/**
 * Tiles in as few columns as fit into a height; fewer than all if they would be smaller than `smallest`.
 * @param {number} count
 * @param {Pair} size of a map, (height, width) in cells
 * @param {{ width: number, height: number, smallest: number, largest: number }} space in CSS pixels
 * @param {boolean} [isSplit] more space between the first and the second half, if they are in one column
 * @returns {TileGrid}
 */
export function stackTiles(count, size, { width, height, smallest, largest }, isSplit = false) {
  const longer = Math.max(...size);
  const room = isSplit ? height - SPLIT : height;
  const tileOf = (/** @type {number} */ side) => /** @type {Pair} */ ([side * size[0] / longer, side * size[1] / longer]);
  for (let columns = 1; columns <= count; columns++) {
    const lines = Math.ceil(count / columns);
    const side = Math.min(largest, ((room - (lines - 1) * GAP) / lines) * longer / size[0],
      ((width - (columns - 1) * GAP) / columns) * longer / size[1]);
    if (side < smallest && (columns + 1) * (smallest + GAP) - GAP <= width) continue;
    if (side < smallest) break;
    const grid = { shown: count, columns, lines, tile: tileOf(Math.floor(side)), gap: GAP };
    return isSplit && columns === 1 ? { ...grid, split: lines / 2 } : grid;
  }
  const columns = Math.max(1, Math.floor((width + GAP) / (smallest + GAP)));
  const lines = Math.max(1, Math.floor((height + GAP) / (smallest * size[0] / longer + GAP)));
  const shown = Math.min(count, columns * lines);
  return { shown, columns, lines: Math.ceil(shown / columns), tile: tileOf(smallest), gap: GAP };
}

/**
 * Tiles in lines that fill a width.
 * @param {number} count
 * @param {Pair} size
 * @param {{ width: number, smallest: number, largest: number }} space
 * @returns {TileGrid}
 */
export function wrapTiles(count, size, { width, smallest, largest }) {
  const most = Math.max(1, Math.floor((width + GAP) / (smallest + GAP)));
  const columns = Math.ceil(count / Math.ceil(count / most));
  const side = Math.floor(Math.min(largest, (width - (columns - 1) * GAP) / columns));
  return { shown: count, columns, lines: Math.ceil(count / columns), tile: [side * size[0] / size[1], side], gap: GAP };
}

/**
 * Units as small squares without gaps, as large as fit.
 * @param {number} count
 * @param {{ width: number, height: number }} space
 * @returns {TileGrid}
 */
export function unitTiles(count, { width, height }) {
  let side = LARGEST_UNIT;
  while (side > 2 && Math.floor(width / side) * Math.floor(height / side) < count) side--;
  const columns = Math.min(Math.floor(width / side), Math.ceil(count / Math.floor(height / side)));
  return { shown: count, columns, lines: Math.ceil(count / columns), tile: [side, side], gap: 0 };
}

/** The size of a grid in CSS pixels, (height, width). @param {TileGrid} grid @returns {Pair} */
export const gridSize = ({ columns, lines, tile, gap, split }) =>
  [lines * (tile[0] + gap) - gap + (split ? SPLIT : 0), columns * (tile[1] + gap) - gap];

/** Where a tile is in its grid, in CSS pixels. @param {TileGrid} grid @param {number} tile its number @returns {Box} */
export function tileBox({ columns, tile: [height, width], gap, split }, tile) {
  const line = Math.floor(tile / columns);
  return { top: line * (height + gap) + (split && line >= split ? SPLIT : 0), left: (tile % columns) * (width + gap), height, width };
}

/**
 * The number of the tile, and the cell, under a point of a grid; null between the tiles.
 * @param {TileGrid} grid
 * @param {Pair} size of a map in cells
 * @param {number} x
 * @param {number} y
 * @returns {[tile: number, i: number, j: number] | null}
 */
export function cellUnder(grid, size, x, y) {
  const { columns, tile: [height, width], gap, split } = grid;
  const shifted = split && y >= split * (height + gap) ? y - SPLIT : y;
  const tile = Math.floor(shifted / (height + gap)) * columns + Math.floor(x / (width + gap));
  if (x < 0 || x >= columns * (width + gap) || y < 0 || tile >= grid.shown) return null;
  const box = tileBox(grid, tile);
  const [i, j] = [Math.floor(((y - box.top) / height) * size[0]), Math.floor(((x - box.left) / width) * size[1])];
  return i >= 0 && i < size[0] && j >= 0 && j < size[1] ? [tile, i, j] : null;
}

/**
 * The maps of each canvas in their own size: one for all would be made anew for each row.
 * @type {WeakMap<HTMLCanvasElement, HTMLCanvasElement>}
 */
const atlases = new WeakMap();

/** @param {HTMLCanvasElement} canvas */
function atlasOf(canvas) {
  const atlas = atlases.get(canvas) ?? document.createElement("canvas");
  atlases.set(canvas, atlas);
  return atlas;
}

/**
 * Paint the maps of a row.
 * @param {HTMLCanvasElement} canvas
 * @param {TileGrid} grid
 * @param {RowMaps} row
 * @returns {Uint8Array} the bytes of the maps
 */
export function paintTiles(canvas, grid, row) {
  const context = sizedContext(canvas, gridSize(grid));
  const bytes = decodeBase64(row.maps);
  const [height, width] = row.size;
  const shown = Math.min(grid.shown, row.shown);
  const atlas = atlasOf(canvas);
  if (height * width === 1 && grid.gap === 0) {
    paintUnits(context, grid, bytes.subarray(0, shown), atlas);
    return bytes;
  }
  paintMap(atlas, bytes, [height * row.shown, width], diverging);
  context.imageSmoothingEnabled = width > grid.tile[1] * devicePixelRatio;
  for (let map = 0; map < shown; map++) {
    const box = tileBox(grid, map);
    const inset = grid.gap === 0 && grid.tile[0] >= 6 ? 1 : 0;
    context.drawImage(atlas, 0, map * height, width, height, box.left, box.top, box.width - inset, box.height - inset);
  }
  return bytes;
}

/**
 * Paint units as squares that touch, in one go, and then the lines between them.
 * @param {CanvasRenderingContext2D} context
 * @param {TileGrid} grid
 * @param {Uint8Array} bytes of the units that are shown
 * @param {HTMLCanvasElement} atlas
 */
function paintUnits(context, { lines, columns, tile: [side] }, bytes, atlas) {
  paintMap(atlas, bytes, [lines, columns], diverging); // what is missing in the last line stays empty
  context.imageSmoothingEnabled = false;
  context.drawImage(atlas, 0, 0, columns * side, lines * side);
  if (side < 6) return;
  for (let column = 1; column <= columns; column++) context.clearRect(column * side - 1, 0, 1, lines * side);
  for (let line = 1; line <= lines; line++) context.clearRect(0, line * side - 1, columns * side, 1);
}

/**
 * The context of a canvas of this size in CSS pixels, sharp on this screen, and empty.
 * @param {HTMLCanvasElement} canvas
 * @param {Pair} size
 */
function sizedContext(canvas, [height, width]) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [rows, columns] = [Math.round(height * devicePixelRatio), Math.round(width * devicePixelRatio)];
  if (canvas.width !== columns || canvas.height !== rows) {
    Object.assign(canvas, { width: columns, height: rows });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  context.setTransform(columns / width, 0, 0, rows / height, 0, 0);
  return context;
}

/**
 * The value of a cell: exact for a few units, else within the step of the maps' bytes; empty if it is not there.
 * @param {RowMaps} row
 * @param {Uint8Array} bytes its maps
 * @param {number} tile
 * @param {number} i
 * @param {number} j
 */
export function cellValue({ shape, size: [rows, columns], scale, shown, values }, bytes, tile, i, j) {
  if (tile < 0 || tile >= shown) return "";
  if (values) return values[tile] === null ? "–" : formatNumber(values[tile], { maximumSignificantDigits: 4 });
  const [, height, width] = mapsOf(shape);
  const at = (tile * rows + Math.floor((i * rows) / height)) * columns + Math.floor((j * columns) / width);
  return formatNumber(((bytes[at] - 128) / 127) * scale, { maximumSignificantDigits: 2 });
}
