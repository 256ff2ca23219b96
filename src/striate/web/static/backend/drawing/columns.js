/**
 * A flow on a page: columns joined by lines, as many as give the largest scale, and heads beside their columns;
 * striate/drawing/columns.py.
 */

import { formatGeneral } from "../query.js";
import { chainOf, GAP, gapOf, itemOf, partOf, stackOf } from "./flow.js";
import { shapeWords, shortened, widthOf } from "./labels.js";
import { BOX_TEXT, cellsOf, layoutOf, SIZE_INDENT, SMALL_TEXT } from "./layout.js";
import { figureOf, line, placed, rect, text } from "./marks.js";
import { GREY, IMAGE } from "./palette.js";
import { say } from "./reading.js";

/** @import { HeadPlan, Plan } from "../../engine/types.d.ts" */
/** @import { Figure, Layout, Mark, Part } from "./types.d.ts" */

const SHORT = 650, LONG = 920; // CSS pixels of a page's text block, at natural size
const MOST = 8; // columns
const GUTTER = 34;
const LANE = 24; // between the flow and a head, and between heads
const DROP = 40; // from the end of a row to a head's first box
const TURN = 14; // length of a line below a column before it turns to the next

/** The network as boxes from the input down to the output, in columns. @param {Plan} plan */
export function drawFlow(plan) {
  const layout = layoutOf(plan);
  /** @type {Map<string, Figure[]>} */
  const heads = new Map();
  for (const head of plan.heads) heads.set(head.after, [...(heads.get(head.after) ?? []), headOf(head, layout)]);
  /** @type {Part[]} */
  const parts = [{ figure: inputOf(), output: plan.table.input, changed: true, heads: [] }];
  for (const cell of cellsOf(plan.steps, new Set(heads.keys()))) {
    parts.push(partOf(cell, itemOf(cell, layout, "spine", true), heads.get(cell.last.row.name)));
  }
  return pageOf(parts);
}

function inputOf() {
  const width = widthOf("input", BOX_TEXT) + 24;
  return figureOf(width / 2, width / 2, 20, [rect(-width / 2, 0, width, 20, IMAGE, { radius: 10 }), text(0, 14, say("input"), BOX_TEXT)]);
}

/** A head's rows below its name and the weight of its loss. @param {HeadPlan} head @param {Layout} layout */
function headOf({ name, weight, steps }, layout) {
  const words = `${shortened(name)}: ${say("loss")} × ${formatGeneral(weight)}`;
  const rows = chainOf(steps, layout, "head");
  const half = widthOf(words, SMALL_TEXT, true) / 2;
  const label = text(0, -5, words, SMALL_TEXT, { isBold: true });
  return figureOf(Math.max(half, rows.left), Math.max(half, rows.right), rows.height, [...rows.marks, label]);
}

/** The columns side by side, as few as give about the largest scale on a page. @param {Part[]} parts */
function pageOf(parts) {
  const pages = Array.from({ length: MOST }, (_, index) => besides(split(parts, index + 1)));
  const scales = pages.map(scaleOf);
  const largest = Math.max(...scales);
  return pages[scales.findIndex((scale) => scale >= 0.9 * largest)];
}

/** The largest scale at which a figure fits a page, upright or rotated, at most 1. @param {Figure} page */
function scaleOf({ width, height }) {
  const [upright, turned] = [Math.min(SHORT / width, LONG / height), Math.min(LONG / width, SHORT / height)];
  return Math.min(1, Math.max(upright, turned));
}

/** The parts in at most `count` columns, with the tallest column as short as possible. @param {Part[]} parts @param {number} count */
function split(parts, count) {
  let [low, high] = [Math.max(...parts.map(lengthOf)), parts.reduce((sum, part) => sum + lengthOf(part), 0)];
  while (high - low > 1) {
    const limit = (low + high) / 2;
    if (filled(parts, limit).length <= count) high = limit;
    else low = limit;
  }
  return filled(parts, high);
}

/** The parts in columns; a new column begins where the one before would exceed the limit. @param {Part[]} parts @param {number} limit */
function filled(parts, limit) {
  /** @type {Part[][]} */
  const columns = [[]];
  let height = 0;
  for (const part of parts) {
    if (columns[columns.length - 1].length && height + lengthOf(part) > limit) {
      columns.push([]);
      height = 0;
    }
    columns[columns.length - 1].push(part);
    height += lengthOf(part);
  }
  return columns;
}

/** Columns side by side, with a line from the bottom of each to the top of the next. @param {Part[][]} columns */
function besides(columns) {
  const figures = columns.map(columnOf);
  const head = columns.length > 1 ? GAP + 6 : 0;
  /** @type {Mark[]} */
  const marks = [];
  let x = 0;
  columns.forEach((column, number) => {
    const figure = figures[number];
    const axis = x + figure.left;
    marks.push(placed(figure, axis, head));
    x += figure.width + GUTTER;
    if (number === columns.length - 1) return;
    const last = column[column.length - 1], tops = topsOf(column);
    const [turn, gutter, there] = [head + figure.height + TURN, x - GUTTER / 2, x + figures[number + 1].left];
    const flow = head + tops[tops.length - 1] + last.figure.height;
    marks.push(
      line([[axis, flow], [axis, turn], [gutter, turn], [gutter, 4], [there, 4], [there, head]],
        { hasArrow: !figures[number + 1].forks, radius: 8 }),
      text(there + SIZE_INDENT, head - 5, shapeWords(last.output), SMALL_TEXT, { anchor: "start", colour: GREY }),
    );
  });
  const height = head + Math.max(...figures.map((figure) => figure.height)) + (columns.length > 1 ? TURN : 0);
  return figureOf(0, x - GUTTER, height, marks);
}

/** Parts one below another, and to their right the heads, each below the part that it starts from. @param {Part[]} column */
function columnOf(column) {
  const flow = stackOf(column), tops = topsOf(column);
  const heads = column.flatMap((part, index) => part.heads.map((head) => ({ end: tops[index] + part.figure.height, head })));
  if (!heads.length) return flow;
  const left = Math.max(...heads.map(({ head }) => head.left));
  const width = Math.max(...heads.map(({ head }) => head.width)) + LANE;
  const marks = [...flow.marks];
  const lanes = lanesOf(heads);
  heads.forEach(({ end, head }, index) => {
    const [axis, fork] = [flow.right + LANE + left + lanes[index] * width, end + 6];
    marks.push(line([[0, end], [0, fork], [axis, fork], [axis, end + DROP - 15]], { radius: 6 }), placed(head, axis, end + DROP));
  });
  const foot = Math.max(...heads.map(({ end, head }) => end + DROP + head.height));
  return figureOf(flow.left, flow.right + width * (Math.max(...lanes) + 1), Math.max(flow.height, foot), marks, flow.forks);
}

/**
 * The lane of each head, counted from the left: of two heads that would touch, the upper one is further right.
 * @param {{ end: number, head: Figure }[]} heads
 */
function lanesOf(heads) {
  /** @type {number[]} */
  let free = []; // each lane is free above this y
  /** @type {number[]} */
  const lanes = [];
  for (const { end, head } of [...heads].reverse()) {
    const foot = end + DROP + head.height + 10;
    const found = free.findIndex((height) => foot <= height);
    const lane = found < 0 ? free.length : found;
    free = [...Array(lane + 1).fill(end), ...free.slice(lane + 1)]; // the line to this head crosses the lanes before its own
    lanes.push(lane);
  }
  return lanes.reverse();
}

/** The y coordinate of the top of each part. @param {Part[]} column */
function topsOf(column) {
  let y = 0;
  return column.map((_, index) => {
    if (index) y += lengthOf(column[index - 1]);
    return y;
  });
}

/** @param {Part} part */
const lengthOf = (part) => part.figure.height + gapOf(part);
