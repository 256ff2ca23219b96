/** One column of the diagram: the name of a row, and its maps as tiles on one canvas. */

import { h } from "../../lib/dom.js";
import { formatNumber, rowTypeName, t } from "../../lib/i18n.js";
import { mapsOf } from "../../lib/network-geometry.js";
import { cellUnder, cellValue, gridSize, paintTiles, stackTiles, tileBox, unitTiles, wrapTiles } from "../../lib/tile-grid.js";

/** @import { Box, DiagramItem, NetworkRow, Pair, RowMaps, TileGrid } from "../../lib/types.d.ts" */
/**
 * @typedef {object} Column
 * @property {string} path
 * @property {number[]} shape
 * @property {HTMLElement} element
 * @property {HTMLElement} tiles the maps, which take the pointer and the keys
 * @property {() => TileGrid} grid
 * @property {() => number[]} maps that have a tile, in the order of the tiles
 * @property {(space: Space) => void} fit sets the size of the tiles
 * @property {(maps: RowMaps) => void} paint
 * @property {(event: MouseEvent) => number[] | null} unitUnder
 * @property {(unit: number[]) => Box} cellBox in the tiles, in CSS pixels
 * @property {(unit: number[]) => string} valueOf
 * @property {boolean} visible
 */
/**
 * @typedef {{
 *   width: number, height: number, smallest: number, largest: number, narrow: boolean, isLane: boolean, unit: number,
 * }} Space in CSS pixels; `unit` is how many stand for one where text has 15
 */

const CLASS_LINE = 32; // of a class and its bar, in CSS pixels
const MORE = 22; // the line below the maps that says how many there are
const IN_LANE = 6; // maps of a branch in a narrow page
const MOST_LARGE = 256; // units that a finger can hit each
const TALLEST = 480; // of the units of a narrow page
export const MOST_CLASSES = 12; // that have a line each, in their order

/**
 * @param {NetworkRow} row
 * @param {{ isLast: boolean, towers: number, title: HTMLElement, words: string }} options
 * @returns {Column}
 */
export function mapColumn(row, { isLast, towers, title, words }) {
  const [count, height, width] = mapsOf(row.shape);
  const isUnits = height * width === 1;
  const canvas = h("canvas", {});
  const label = t(isUnits ? "network.units.keys" : "network.maps.keys",
    { path: row.path, count: formatNumber(count), size: `${height}×${width}` });
  const tiles = h("div", { class: "tiles", tabIndex: 0, role: "application", "aria-label": label, "data-tiles": row.path }, canvas);
  const more = h("p", { class: "more" });
  const element = h("section", { class: "column", "data-path": row.path, "aria-label": row.path },
    h("header", {}, title, h("span", { class: "shape" }, row.shape.join("×")), h("span", { class: "sub" }, words)),
    h("div", { class: "stand" }, tiles, more));
  /** @type {TileGrid} */
  let grid = { shown: 0, columns: 1, lines: 0, tile: [1, 1], gap: 0 };
  /** @type {{ row: RowMaps, bytes: Uint8Array } | null} */
  let painted = null;
  const isShort = isLast && isUnits && count <= MOST_CLASSES;

  const column = {
    path: row.path,
    shape: [count, height, width],
    element,
    tiles,
    visible: true,
    grid: () => grid,
    maps: () => row.shown.slice(0, grid.shown),
    /** @param {Space} space */
    fit(space) {
      const size = /** @type {Pair} */ ([height, width]);
      const tiled = space.isLane && space.narrow ? Math.min(row.shown.length, IN_LANE) : row.shown.length;
      const roomy = { ...space, height: space.height - (count > tiled ? MORE * space.unit : 0) };
      const [side, gap] = [24 * space.unit, (CLASS_LINE - 24) * space.unit];
      if (isShort && !space.narrow) grid = { shown: count, columns: 1, lines: count, tile: [side, side], gap };
      else if (isUnits && space.narrow && tiled <= MOST_LARGE) grid = wrapTiles(tiled, size, { ...space, smallest: 24, largest: 32 });
      else if (isUnits && space.narrow) {
        const height = Math.min(TALLEST, Math.max(60, (count * 324) / space.width));
        grid = unitTiles(tiled, { ...space, height });
      } else if (isUnits) grid = unitTiles(tiled, space);
      else grid = space.narrow ? wrapTiles(tiled, size, space) : stackTiles(tiled, size, roomy, towers === 2 && tiled % 2 === 0);
      const [tall, wide] = gridSize(grid);
      Object.assign(tiles.style, { width: `${wide}px`, height: `${tall}px` });
      more.textContent = grid.shown < count ? t("network.more", { count: formatNumber(count - grid.shown) }) : "";
      if (painted) painted.bytes = paintTiles(canvas, grid, painted.row);
    },
    /** @param {RowMaps} maps */
    paint(maps) {
      painted = { row: maps, bytes: paintTiles(canvas, grid, maps) };
    },
    /** @param {MouseEvent} event */
    unitUnder(event) {
      const box = canvas.getBoundingClientRect();
      const found = cellUnder(grid, [height, width], event.clientX - box.left, event.clientY - box.top);
      return found && [row.shown[found[0]], found[1], found[2]];
    },
    /** @param {number[]} unit */
    cellBox([map, i = 0, j = 0]) {
      const { top, left, ...tile } = tileBox(grid, row.shown.indexOf(map));
      const [tall, wide] = [tile.height / height, tile.width / width];
      return { top: top + i * tall, left: left + j * wide, height: tall, width: wide };
    },
    /** @param {number[]} unit */
    valueOf([map, i = 0, j = 0]) {
      return painted ? cellValue(painted.row, painted.bytes, row.shown.indexOf(map), i, j) : "";
    },
  };
  return column;
}

/**
 * What a row does, in plain words: its type, the window and the activation.
 * @param {NetworkRow} row
 * @returns {string}
 */
export function rowWords({ type, cells }) {
  const size = cells?.kind === "window" && type !== "Identity" ? ` ${cells.kernel.join("×")}` : "";
  return `${rowTypeName(type)}${size}`;
}

/** @param {DiagramItem} item */
export const itemWords = (item) =>
  item.kind === "stage" ? t(item.row.branches ? "network.stage.units" : "network.stage.rows", { count: item.rows.length })
    : item.row.type === "Add" ? t("network.residual_unit")
      : item.row.type === "Concat" ? t("network.branches", { count: item.row.branches?.length ?? 0 }) : rowWords(item.row);
