/**
 * Blocks of maps in oblique projection: the face is one map, the depth the number of maps; units are a thin bar;
 * striate/drawing/isometric.py.
 */

import { line, polygon, rect } from "./marks.js";
import { mixed, styleOf } from "./palette.js";

/** @import { Shape, Step } from "../../engine/types.d.ts" */
/** @import { Block, Mark, Point } from "./types.d.ts" */

const FACE = 96; // the side of the largest map
const LEAST = 7;
const SHEETS = 16; // up to this number, maps are drawn one by one, as LeNet-5's are
const SHEET = 2.3;
const BAR = 9;

/**
 * The block of a shape; `largest` is the side of the network's largest map.
 * @param {Shape} shape
 * @param {number} largest
 * @returns {Block}
 */
export function makeBlock([maps, ...sides], largest) {
  if (!sides.length) return blockOf(BAR, Math.min(130, 11 * maps ** 0.29), 8, 1);
  const [height, width] = sides.map((side) => Math.max(LEAST, FACE * (side / largest) ** 0.5));
  return blockOf(width, height, depthOf(maps), maps);
}

/** @param {number} width @param {number} height @param {number} depth @param {number} maps @returns {Block} */
const blockOf = (width, height, depth, maps) => ({ width, height, depth, maps, x: 0, y: 0, back: [depth * 0.78, depth * 0.6] });

/** Few maps can be counted, and many do not hide the blocks behind them. @param {number} maps */
const depthOf = (maps) => (maps <= SHEETS ? SHEET * (maps - 1) : Math.min(110, SHEET * SHEETS * (maps / SHEETS) ** 0.25));

/** The width with the depth. @param {Block} block */
export const fullWidth = ({ width, back }) => width + back[0];

/** The height with the depth. @param {Block} block */
export const fullHeight = ({ height, back }) => height + back[1];

/** The upper edge of the back. @param {Block} block */
export const topOf = ({ y, back }) => y - back[1];

/** The block with the centre of its visible area at (x, y). @param {Block} block @param {number} x @param {number} y @returns {Block} */
export const around = (block, x, y) =>
  ({ ...block, x: x - fullWidth(block) / 2, y: y + fullHeight(block) / 2 - block.height });

/** The visible faces of a block: its sheets if they are few, else its front, top and side. @param {Block} block @param {string} fill */
export function facesOf({ x, y, width, height, depth, maps, back: [right, up] }, fill) {
  const front = rect(x, y, width, height, fill);
  if (maps > 1 && maps <= SHEETS) {
    const sheets = Array.from({ length: maps - 1 }, (_, index) => (maps - 1 - index) / (maps - 1));
    return [...sheets.map((share) => rect(x + right * share, y - up * share, width, height, fill, { line: 0.4 })), front];
  }
  if (!depth) return [front];
  /** @type {Point[]} */
  const top = [[x, y], [x + right, y - up], [x + width + right, y - up], [x + width, y]];
  /** @type {Point[]} */
  const side = [[x + width, y], [x + width + right, y - up], [x + width + right, y - up + height], [x + width, y + height]];
  return [polygon(top, mixed(fill, "#ffffff", 0.4)), polygon(side, mixed(fill, "#000000", 0.14)), front];
}

/** The window of a row on its input block, to scale. @param {Step} step @param {Block} block */
function windowIn({ window, input }, block) {
  if (!window) return null;
  const [height, width] = [block.height, block.width].map((side, axis) =>
    Math.min(side, Math.max(4, (side * window.kernel[axis]) / input[1 + axis])));
  return { x: block.x + (block.width - width) * 0.8, y: block.y + (block.height - height) * 0.6, width, height };
}

/** @param {Step} step @param {Block} block @returns {Mark[]} */
export function windowMarks(step, block) {
  const found = windowIn(step, block);
  return found ? [rect(found.x, found.y, found.width, found.height, "none")] : [];
}

/**
 * Lines from a window to a point of the next block, from a block to all units, or an arrow between blocks.
 * @param {Step} step
 * @param {Block} block
 * @param {Block} target
 * @param {boolean} isDashed
 */
export function raysOf(step, block, target, isDashed) {
  const [right, up] = block.back;
  const edge = block.x + block.width + right;
  const found = windowIn(step, block);
  if (found) {
    /** @type {Point} */
    const point = [target.x + target.width * 0.3, target.y + target.height * 0.45];
    /** @type {Point[]} */
    const corners = [[found.x + found.width, found.y], [found.x + found.width, found.y + found.height]];
    return corners.map((corner) => line([corner, point], { isDashed, width: 0.7 }));
  }
  if (styleOf(step.row) === "dense") {
    return [
      line([[edge, block.y - up], [target.x, target.y]], { isDashed, width: 0.7 }),
      line([[edge, block.y - up + block.height], [target.x, target.y + target.height]], { isDashed, width: 0.7 }),
    ];
  }
  return [line([[edge, block.y + block.height / 2], [target.x, target.y + target.height / 2]], { hasArrow: true })];
}
