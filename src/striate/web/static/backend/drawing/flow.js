/**
 * A network as boxes that flow downwards: chains, Inception modules side by side, shortcuts past a body to a ⊕;
 * striate/drawing/flow.py.
 */

import { activationWords, boxWords, details, shapeWords, shortened, widthOf } from "./labels.js";
import { BOX_TEXT, boxText, cellsOf, fillIn, SIZE_INDENT, SMALL_TEXT, tailText } from "./layout.js";
import { circle, figureOf, group, line, placed, rect, rowGroup, text } from "./marks.js";
import { GREY, JOIN, SLIM } from "./palette.js";
import { say } from "./reading.js";

/** @import { Shape, Step } from "../../engine/types.d.ts" */
/** @import { Cell, Figure, Layout, Mark, Part, Role } from "./types.d.ts" */

export const GAP = 17; // an arrow between boxes, with a size beside it
const LEAD = 13; // from a fork to the first box
const BARE_GAP = 11, FORKED_GAP = 27; // an arrow without a size; one that heads leave above the size
const HEIGHT = 20, SLIM_HEIGHT = 15;
const SIDE = 14; // from a body to its shortcut, and between branches
const RADIUS = 7; // of a ⊕

/** The length of the arrow below a part. @param {Part} part */
export const gapOf = ({ heads, changed }) => (heads.length ? FORKED_GAP : changed ? GAP : BARE_GAP);

/** The shape to write beside that arrow, if it has changed. @param {Part} part */
const writtenOf = ({ output, changed }) => (changed ? output : null);

/**
 * Rows one below another, an arrow between them, the shape beside it where it changes.
 * @param {Step[]} steps
 * @param {Layout} look
 * @param {Role} role
 */
export const chainOf = (steps, look, role) => // arrows of equal length align the boxes of branches side by side
  stackOf(cellsOf(steps).map((cell) => partOf(cell, itemOf(cell, look, role))), role === "branch");

/** A row's figure as part of a chain. @param {Cell} cell @param {Figure} figure @param {Figure[]} heads @returns {Part} */
export const partOf = ({ step, last }, figure, heads = []) =>
  ({ figure, output: last.output, changed: last.output.join() !== step.input.join(), heads });

/** Figures one below another, joined by arrows; even ones are all long enough for a size. @param {Part[]} parts @param {boolean} isEven */
export function stackOf(parts, isEven = false) {
  /** @type {Mark[]} */
  const marks = [];
  let [left, right, y] = [0, 0, 0];
  parts.forEach((part, index) => {
    const { figure } = part;
    if (index) {
      const before = parts[index - 1];
      const edge = arrowOf(isEven ? GAP : gapOf(before), writtenOf(before), !figure.forks);
      marks.push(placed(edge, 0, y));
      [right, y] = [Math.max(right, edge.right), y + edge.height];
    }
    marks.push(placed(figure, 0, y));
    [left, right, y] = [Math.max(left, figure.left), Math.max(right, figure.right), y + figure.height];
  });
  return figureOf(left, right, y, marks, Boolean(parts.length) && parts[0].figure.forks);
}

/** An arrow downwards, with the shape beside it. @param {number} height @param {Shape | null} shape @param {boolean} hasHead */
function arrowOf(height, shape = null, hasHead = true) {
  const shaft = line([[0, 0], [0, height]], { hasArrow: hasHead });
  if (!shape) return figureOf(0, 0, height, [shaft]);
  const words = shapeWords(shape);
  const size = text(SIZE_INDENT, height - 5.5, words, SMALL_TEXT, { anchor: "start", colour: GREY });
  return figureOf(0, SIZE_INDENT + widthOf(words, SMALL_TEXT), height, [shaft, size]);
}

/**
 * One row with all rows inside it; `isNamed` writes the name of a box to its left.
 * @param {Cell} cell
 * @param {Layout} look
 * @param {Role} role
 * @returns {Figure}
 */
export function itemOf(cell, look, role, isNamed = false) {
  if (cell.step.row.type === "Concat") return concatOf(cell.step, look);
  if (cell.step.row.type === "Add") return addOf(cell.step, look, role);
  return boxOf(cell, look, role, isNamed);
}

/** @param {Cell} cell @param {Layout} look @param {Role} role @param {boolean} isNamed */
function boxOf(cell, look, role, isNamed) {
  const { step, tail, isSlim } = cell;
  const [width, tailWidth] = /** @type {[number, number]} */ (look.widths.get(role));
  const [height, size] = isSlim ? [SLIM_HEIGHT, SMALL_TEXT] : [HEIGHT, BOX_TEXT];
  const main = tail ? width - tailWidth : width;
  const marks = [rowGroup(step.path, details(step), [
    rect(-width / 2, 0, main, height, fillIn(look, step)),
    text((main - width) / 2, height / 2 + size * 0.36, boxText(step, look.omitted), size),
  ])];
  if (tail) {
    marks.push(rowGroup(tail.path, details(tail), [
      rect(width / 2 - tailWidth, 0, tailWidth, height, SLIM),
      text(width / 2 - tailWidth + 5, height / 2 + 3.2, tailText(cell), SMALL_TEXT, { anchor: "start" }),
    ]));
  }
  const figure = figureOf(width / 2, width / 2, height, marks);
  return isNamed ? withName(figure, step, height / 2) : figure;
}

/** @param {Figure} figure @param {Step} step @param {number} y */
function withName(figure, { row }, y) {
  const words = shortened(row.name);
  const left = figure.left + 6 + widthOf(words, SMALL_TEXT);
  const name = text(-figure.left - 6, y + 3.2, words, SMALL_TEXT, { anchor: "end", colour: GREY });
  return figureOf(left, figure.right, figure.height, [...figure.marks, name], figure.forks);
}

/** Branches side by side from one fork, above the bar that concatenates their maps. @param {Step} step @param {Layout} look */
function concatOf(step, look) {
  const branches = step.branches.map((branch) => chainOf(branch, look, "branch"));
  const all = branches.reduce((sum, branch) => sum + branch.width, 0) + SIDE * (branches.length - 1);
  const foot = LEAD + 6 + Math.max(...branches.map((branch) => branch.height));
  /** @type {Mark[]} */
  const marks = [];
  let x = -all / 2;
  branches.forEach((branch, index) => {
    const [axis, top] = [x + branch.left, foot - branch.height];
    const cells = cellsOf(step.branches[index]);
    const last = partOf(cells[cells.length - 1], branch);
    marks.push(
      line([[0, 0], [0, 6], [axis, 6], [axis, top]], { hasArrow: !branch.forks, radius: 5 }),
      group([placed(branch, axis, top), placed(arrowOf(GAP, writtenOf(last)), axis, foot)], { "data-branch": step.path }),
    );
    x += branch.width + SIDE;
  });
  const words = `${boxWords(step)}: ${say("depth concat")}`;
  const width = Math.max(all, widthOf(words, BOX_TEXT) + 14);
  const bar = rowGroup(step.path, details(step), [
    rect(-width / 2, foot + GAP, width, HEIGHT - 2, JOIN, { radius: 4 }), text(0, foot + GAP + 13, words, BOX_TEXT),
  ]);
  return figureOf(width / 2, width / 2, foot + GAP + HEIGHT - 2, [...marks, bar], true);
}

/**
 * The body, the shortcut around it, dashed where it changes the shape, and the ⊕ that adds them.
 * @param {Step} step
 * @param {Layout} look
 * @param {Role} role
 */
function addOf(step, look, role) {
  const cells = cellsOf(step.branches[0]);
  const body = chainOf(step.branches[0], look, role);
  const last = partOf(cells[cells.length - 1], body);
  const side = chainOf(step.branches[1], look, "shortcut"); // of height 0 where the shortcut is the identity
  const foot = Math.max(LEAD + body.height + gapOf(last), side.height + 2 * LEAD - RADIUS);
  const plus = foot + RADIUS;
  const x = body.right + SIDE + side.left;
  const top = (plus - side.height) / 2;
  const isDashed = step.input.join() !== step.output.join();
  const into = line([[0, 0], [x, 0], [x, top]], { isDashed, radius: 9, hasArrow: side.height > 0 && !side.forks });
  const out = line([[x, top + side.height], [x, plus], [RADIUS, plus]], { isDashed, radius: 9, hasArrow: true });
  const marks = [
    placed(arrowOf(LEAD, null, !body.forks), 0, 0),
    placed(body, 0, LEAD),
    placed(arrowOf(foot - LEAD - body.height, writtenOf(last)), 0, LEAD + body.height),
    group([into, out, placed(side, x, top)], { "data-shortcut": step.path }),
    rowGroup(step.path, details(step), [circle(0, plus, RADIUS), line([[-4, plus], [4, plus]]), line([[0, plus - 4], [0, plus + 4]])]),
    ...activationWords(step).map((word) => text(-RADIUS - 4, plus + 3.2, word, SMALL_TEXT, { anchor: "end" })),
  ];
  return withName(figureOf(body.left, x + side.right, plus + RADIUS, marks, true), step, LEAD + body.height / 2);
}
