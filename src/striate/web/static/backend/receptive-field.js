/**
 * Receptive fields: size, stride and start along each axis, through branches and shortcuts, where it is that of the widest path;
 * striate/analysis/receptive_field.py.
 */

import { receptiveField } from "../engine/equations.js";

/** @import { Axis, ReceptiveField } from "./types.d.ts" */
/** @import { Plan, Step } from "../engine/types.d.ts" */

/** @type {ReceptiveField} */
const PIXEL = [[1, 1, 0], [1, 1, 0]];

/**
 * The receptive field of every row's units, by its path, auxiliary heads included.
 * @param {Pick<Plan, "steps" | "heads">} plan
 */
export function receptiveFields({ steps, heads }) {
  /** @type {Map<string, ReceptiveField>} */
  const fields = new Map();
  through(steps, PIXEL, fields);
  for (const head of heads) through(head.steps, /** @type {ReceptiveField} */ (fields.get(head.after)), fields);
  return fields;
}

/** The receptive field of a row's units in the row's own input. @param {Step} step */
export const rowField = (step) => through([step], PIXEL, new Map());

/**
 * @param {Step[]} steps
 * @param {ReceptiveField} field
 * @param {Map<string, ReceptiveField>} fields
 * @returns {ReceptiveField}
 */
function through(steps, field, fields) {
  for (const step of steps) {
    if (step.branches.length) {
      const ends = step.branches.map((branch) => through(branch, field, fields));
      field = [hull(ends.map(([height]) => height)), hull(ends.map(([, width]) => width))];
    } else field = [after(step, field[0], 0), after(step, field[1], 1)];
    fields.set(step.path, field);
  }
  return field;
}

/** @param {Step} step @param {Axis} axis @param {0 | 1} index @returns {Axis} */
function after({ input, output, window }, axis, index) {
  if (window) return receptiveField(axis, window.kernel[index], window.stride[index], window.padding[index][0], window.dilation[index]);
  const isWhole = input.length === 3 && (output.length !== 3 || input[1] !== output[1] || input[2] !== output[2]);
  return isWhole ? receptiveField(axis, input[1 + index]) : axis; // a Dense reads all of its maps
}

/** @param {Axis[]} axes @returns {Axis} */
function hull(axes) {
  const start = Math.min(...axes.map(([, , first]) => first));
  return [Math.max(...axes.map(([size, , first]) => first + size)) - start, Math.max(...axes.map(([, stride]) => stride)), start];
}
