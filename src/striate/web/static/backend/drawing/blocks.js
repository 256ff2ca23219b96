/**
 * A chain as blocks of maps from left to right, an arrow and an operation between them; towers above one another;
 * striate/drawing/blocks.py. The window of a row is drawn on its input block, and rays lead from it to its output block.
 */

import { exchanges, shareOf } from "../tables/tower-rules.js";
import { around, facesOf, fullHeight, fullWidth, makeBlock, raysOf, topOf, windowMarks } from "./isometric.js";
import { activationWords, boxWords, details, operationWords, shapeWords, shortened, widthOf } from "./labels.js";
import { figureOf, group, line, rowGroup, text } from "./marks.js";
import { fillOf, GREY, IMAGE, INK, styleOf } from "./palette.js";
import { say } from "./reading.js";

/** @import { Step } from "../../engine/types.d.ts" */
/** @import { TablePlan } from "../tables/types.d.ts" */
/** @import { Block, Column, Mark } from "./types.d.ts" */

const NAME = 11, SIZE = 10;
const LINE = 12.5; // from one line of text to the next
const LABEL = 30; // the two lines above or below a block
const BETWEEN = 30; // two towers

/** Whether a row has a block of its own; the others are a line under the arrow. @param {Step} step */
export const makesBlock = ({ row }) => styleOf(row) !== "slim";

/** A network without combinators as blocks. @param {TablePlan} plan */
export function drawBlocks(plan) {
  const columns = columnsOf(plan), { towers } = plan.table;
  const largest = Math.max(...columns.flatMap(({ shape }) => (shape.length === 3 ? shape.slice(1) : [])));
  const shapes = columns.map(({ shape }) => makeBlock(shape, largest));
  const centres = centresOf(columns, shapes);
  const levels = levelsOf(columns, shapes, towers);
  const middle = [(levels[0] + levels[levels.length - 1]) / 2];
  const blocks = columns.map((column, index) =>
    (column.towers > 1 ? levels : middle).map((y) => around(shapes[index], centres[index], y)));
  const all = blocks.flat();
  const foot = Math.max(...all.map((block) => block.y + block.height)) + (towers > 1 ? LABEL : 0) + 16;
  const marks = columns.flatMap((column, index) => blockMarks(column, blocks[index]));
  const pairs = columns.slice(1);
  marks.push(
    ...pairs.flatMap((column, index) => connections(column, blocks[index], blocks[index + 1])),
    ...columns.flatMap((column, index) => labelsOf(column, blocks[index], centres[index])),
    ...pairs.flatMap((column, index) => operationMarks(column, centres[index], centres[index + 1], foot)),
  );
  const top = Math.min(...all.map(topOf)) - LABEL;
  const height = foot + LINE * (1 + Math.max(...columns.map((column) => operationOf(column).length))) - top;
  const width = centres[centres.length - 1] + halfOf(columns[columns.length - 1], shapes[shapes.length - 1]);
  return figureOf(0, width, height, [group(marks, {}, "", 0, -top)]);
}

/** @param {TablePlan} plan */
function columnsOf({ table, steps }) {
  const { rows, towers } = table;
  /** @type {Column[]} */
  const columns = [{ steps: [], shape: table.input, towers: 1, exchanges: false }];
  steps.forEach((step, index) => {
    const part = towers > 1 ? { ...step, row: shareOf(rows, towers, index) } : step;
    if (index && !makesBlock(step)) {
      columns[columns.length - 1].steps.push(part);
      return;
    }
    const isDivided = towers > 1 && index < steps.length - 1;
    const shape = isDivided ? [Math.floor(step.output[0] / towers), ...step.output.slice(1)] : step.output;
    columns.push({ steps: [part], shape, towers: isDivided ? towers : 1, exchanges: exchanges(rows, towers, index) });
  });
  return columns;
}

/** The name above a block. @param {Column} column */
const nameOf = ({ steps }) => (steps.length ? shortened(steps[0].row.name, 14) : say("Input"));

/** The lines under the arrow, each with its step. @param {Column} column @returns {[Step, string][]} */
const operationOf = ({ steps }) => steps.flatMap((step, number) => {
  if (!number) return [...operationWords(step), ...activationWords(step)].map((words) => /** @type {[Step, string]} */ ([step, words]));
  const words = [boxWords(step), ...activationWords(step)].join(", ");
  return [/** @type {[Step, string]} */ ([step, `${shortened(step.row.name, 10)}: ${words}`])];
});

/** Half the width of a block and its label. @param {Column} column @param {Block} block */
const halfOf = (column, block) =>
  Math.max(fullWidth(block), widthOf(nameOf(column), NAME, true), widthOf(shapeWords(column.shape), SIZE)) / 2;

/** The centre of each block, far enough apart that neither blocks nor text touch. @param {Column[]} columns @param {Block[]} shapes */
function centresOf(columns, shapes) {
  const halves = columns.map((column, index) => halfOf(column, shapes[index]));
  const centres = [halves[0]];
  for (let index = 1; index < columns.length; index++) {
    const wordsWidth = Math.max(...operationOf(columns[index]).map(([, words]) => widthOf(words, SIZE)));
    const blocks = (fullWidth(shapes[index - 1]) + fullWidth(shapes[index])) / 2 + 20;
    centres.push(centres[index - 1] + Math.max(blocks, halves[index - 1] + halves[index] + 10, wordsWidth + 8));
  }
  return centres;
}

/** The y coordinate of each tower. @param {Column[]} columns @param {Block[]} shapes @param {number} towers */
function levelsOf(columns, shapes, towers) {
  const tallest = Math.max(...shapes.filter((_, index) => columns[index].towers === towers).map(fullHeight));
  // Labels are above the blocks, those of the last tower below: the exchanged maps are drawn between the towers.
  return Array.from({ length: towers }, (_, tower) => tower * (tallest + BETWEEN) + LABEL * Math.min(tower, Math.max(0, towers - 2)));
}

/** @param {Column} column @param {Block[]} blocks @returns {Mark[]} */
function blockMarks({ steps: [step], towers }, blocks) {
  if (!step) return blocks.map((block) => group(facesOf(block, IMAGE)));
  return blocks.map((block, index) =>
    rowGroup(step.path, details(step), facesOf(block, fillOf(step.row)), towers > 1 ? index + 1 : null));
}

/**
 * Rays within each tower, and between all towers where the row reads the others' maps.
 * @param {Column} column
 * @param {Block[]} before
 * @param {Block[]} blocks
 */
function connections({ steps: [step], exchanges: reads }, before, blocks) {
  const marks = before.flatMap((block) => windowMarks(step, block));
  blocks.forEach((block, tower) => before.forEach((other, source) => {
    if (source === tower || before.length === 1) marks.push(...raysOf(step, other, block, false));
    else if (reads) marks.push(group(raysOf(step, other, block, blocks.length > 1), { "data-exchange": step.path }));
  }));
  return marks;
}

/** @param {Column} column @param {Block[]} blocks @param {number} x */
const labelsOf = (column, blocks, x) => blocks.flatMap((block, tower) => {
  const isBelow = tower > 0 && tower === blocks.length - 1;
  const y = isBelow ? block.y + block.height + 13 : topOf(block) - 18;
  return [
    text(x, y, nameOf(column), NAME, { isBold: true, hasHalo: true }),
    text(x, y + LINE, shapeWords(column.shape), SIZE, { hasHalo: true }),
  ];
});

/**
 * The arrow from one block's centre to the next, and the text under it.
 * @param {Column} column
 * @param {number} start
 * @param {number} end
 * @param {number} y
 */
function operationMarks(column, start, end, y) {
  const lines = operationOf(column).map(([step, words], index) => {
    const colour = step === column.steps[0] ? INK : GREY;
    return rowGroup(step.path, details(step), [text((start + end) / 2, y + 2 + (index + 1) * LINE, words, SIZE, { colour })]);
  });
  return [line([[start + 5, y], [end - 5, y]], { hasArrow: true, width: 0.8 }), ...lines];
}
