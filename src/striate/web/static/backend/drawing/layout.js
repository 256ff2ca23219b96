/**
 * The layout of a flow of boxes: rows that share a box, widths, stages, the activation that boxes omit, and the legend below;
 * striate/drawing/layout.py and legend.py.
 */

import { flatten } from "../../engine/plan.js";
import { activationWords, boxWords, shapeWords, widthOf } from "./labels.js";
import { fillOf, styleOf } from "./palette.js";
import { say } from "./reading.js";

/** @import { Plan, Step } from "../../engine/types.d.ts" */
/** @import { Cell, Layout, Role } from "./types.d.ts" */

export const BOX_TEXT = 11, SMALL_TEXT = 9;
export const SIZE_INDENT = 5; // of a size, from its arrow

/** All rows, then those of each head. @param {Plan} plan */
export const flatWithHeads = ({ steps, heads }) => [steps, ...heads.map((head) => head.steps)].flatMap((part) => flatten(part));

/** The layout of a network's boxes and those of its heads. @param {Plan} plan @returns {Layout} */
export function layoutOf(plan) {
  const steps = flatWithHeads(plan);
  const sizes = [...new Set(steps.filter(({ row }) => row.type === "Conv").map(({ output }) => output.slice(1).join()))];
  const omitted = sharedActivation(steps);
  /** @type {Map<Role, [main: number, tail: number, size: number][]>} */
  const boxes = new Map();
  const heads = plan.heads.flatMap((head) => rolesOf(head.steps, "head"));
  for (const [role, cell] of [...rolesOf(plan.steps, "spine"), ...heads]) {
    const main = widthOf(boxText(cell.step, omitted), cell.isSlim ? SMALL_TEXT : BOX_TEXT) + 14;
    const size = widthOf(shapeWords(cell.last.output), SMALL_TEXT) + SIZE_INDENT;
    boxes.set(role, [...(boxes.get(role) ?? []), [main, tailWidth(cell), size]]);
  }
  /** @type {Layout["widths"]} */
  const widths = new Map();
  for (const [role, found] of boxes) {
    const tail = Math.max(...found.map(([, own]) => own));
    // Wide enough that the sizes beside the arrows do not extend beyond the boxes.
    widths.set(role, [Math.max(...found.map(([main, own, size]) => Math.max(main + (own ? tail : 0), 2 * size))), tail]);
  }
  return { stages: new Map(sizes.map((size, stage) => [size, stage])), omitted, widths };
}

/** A row's colour, a convolution's by the size of its maps. @param {Layout} layout @param {Step} step */
export const fillIn = ({ stages }, { row, output }) => fillOf(row, stages.get(output.slice(1).join()) ?? 0);

/** The activation of all convolutions if it is the same for all: the boxes then omit it. @param {Step[]} steps */
export function sharedActivation(steps) {
  const found = new Set(steps.filter(({ row }) => row.type === "Conv").map((step) => activationWords(step).join()));
  return found.size === 1 ? [...found][0] : "";
}

/**
 * The boxes of a chain of rows, in order; the row after one named in `apart` has a box of its own.
 * @param {Step[]} steps
 * @param {Set<string>} apart
 */
export function cellsOf(steps, apart = new Set()) {
  /** @type {Cell[]} */
  const cells = [];
  for (const step of steps) {
    const before = cells[cells.length - 1];
    const joins = before && ["Conv", "Dense"].includes(before.last.row.type) && !apart.has(before.last.row.name);
    if (joins && step.row.type === "BatchNorm") Object.assign(before, { tail: step, last: step });
    else cells.push({ step, tail: null, last: step, isSlim: styleOf(step.row) === "slim" });
  }
  return cells;
}

/** The text at the end of a box: the batch normalization and its activation. @param {Cell} cell */
export const tailText = ({ tail }) => (tail ? [boxWords(tail), ...activationWords(tail)].join(" ") : "");

/** @param {Cell} cell */
const tailWidth = (cell) => (cell.tail ? widthOf(tailText(cell), SMALL_TEXT) + 10 : 0);

/** The text of a row's box. @param {Step} step @param {string} omitted the activation that convolutions omit */
export function boxText(step, omitted) {
  const activation = activationWords(step);
  const isOmitted = step.row.type === "Conv" && activation.join() === omitted;
  return [boxWords(step), ...(isOmitted ? [] : activation)].join(", ");
}

/** @param {Step[]} steps @param {Role} role @returns {[Role, Cell][]} */
function rolesOf(steps, role) {
  return cellsOf(steps).flatMap((cell) => {
    const { row, branches } = cell.step;
    if (row.type === "Concat") return branches.flatMap((branch) => rolesOf(branch, "branch"));
    if (row.type === "Add") return [...rolesOf(branches[0], role), ...rolesOf(branches[1], "shortcut")];
    return [/** @type {[Role, Cell]} */ ([role, cell])];
  });
}

/** The explanation of the symbols of a network drawn as blocks, or as a flow. @param {Plan} plan @param {boolean} isBlocks */
export function legend(plan, isBlocks) {
  const steps = flatWithHeads(plan);
  const kinds = new Set(steps.map(({ row }) => row.type));
  const activation = sharedActivation(steps);
  const notes = ["Sizes are maps × height × width."];
  if (isBlocks) notes.push("A block's face grows with height and width, its depth with the number of maps, neither to scale.");
  if (plan.table.towers > 1) notes.push("Dotted: maps that a row reads from the other tower.");
  if (!isBlocks && steps.some(({ window }) => window?.stride.some((side) => side !== 1))) notes.push("/n: stride n.");
  if (!isBlocks && activation) notes.push(`${activation} after every convolution.`);
  if (kinds.has("BatchNorm")) notes.push("BN: batch normalization.");
  if (kinds.has("LRN")) notes.push("LRN: local response normalization.");
  if (!isBlocks && kinds.has("Dense")) notes.push("fc: fully connected.");
  if (steps.some(({ row, input, output }) => row.type === "Add" && input.join() !== output.join())) {
    notes.push("Dotted: a shortcut that changes the shape.");
  }
  return notes.map(say).join(" ");
}
