/** The rules of a row's numbers whatever its input is; the `check` of each class of striate/tables/rows.py. */

import { pair } from "../../engine/rows.js";
import { spellFloat, spellShape, spellTuple } from "../../engine/spelling.js";
import { named, TableError } from "../../engine/table-error.js";

/** @import { Row } from "../../engine/types.d.ts" */

/** TableError, with the field as its place, if a number of a row is impossible. @param {Row} row */
export function checkRow(row) {
  named(`row ${row.name} (${row.type})`, () => CHECKS[row.type]?.(row));
}

/** @type {Record<string, (row: any) => void>} */
const CHECKS = {
  Conv(row) {
    requireMin(1, { maps: [row.maps], groups: [row.groups] });
    checkWindow(row);
  },
  MaxPool: checkWindow,
  AveragePool: checkWindow,
  Subsample: checkWindow,
  AdaptiveAveragePool: ({ size }) => requireMin(1, { size: pair(size) }),
  Identity: ({ maps, stride }) => requireMin(1, { maps: [maps], stride: pair(stride) }),
  Dense: ({ units }) => requireMin(1, { units: [units] }),

  LRN({ size, alpha, beta, k, convention, groups }) {
    requireMin(convention === "tensorflow" ? 0 : 1, { size: [size] });
    requireMin(1, { groups: [groups] });
    if (k > 0 && alpha >= 0) return;
    const [spelledK, spelledAlpha, spelledBeta] = [k, alpha, beta].map(spellFloat);
    throw new TableError(`k must be above 0 and alpha not below it: k ${spelledK}, alpha ${spelledAlpha}, beta ${spelledBeta}`,
      [k > 0 ? "alpha" : "k"]);
  },

  BatchNorm({ epsilon, momentum }) {
    if (epsilon > 0 && momentum > 0 && momentum <= 1) return;
    throw new TableError(`epsilon must be above 0 and momentum in (0, 1]: epsilon ${spellFloat(epsilon)}, momentum ${spellFloat(momentum)}`,
      [epsilon > 0 ? "momentum" : "epsilon"]);
  },

  Dropout({ rate }) {
    if (!(rate >= 0 && rate < 1)) throw new TableError(`rate must be at least 0 and less than 1: ${spellFloat(rate)}`, ["rate"]);
  },

  RBF({ prototypes }) {
    const place = ["prototypes"];
    if (prototypes.length < 2) throw new TableError(`an RBF output needs at least two prototypes: ${prototypes.length} given`, place);
    prototypes.forEach((/** @type {string[]} */ picture, /** @type {number} */ index) => {
      if (/[^#.]/.test(picture.join(""))) throw new TableError(`prototype ${index} must be drawn with "#" and "." only`, place);
    });
  },
};

/** @param {number} least @param {Record<string, number[]>} values */
function requireMin(least, values) {
  for (const [field, numbers] of Object.entries(values)) {
    if (Math.min(...numbers) < least) throw new TableError(`${field} must be at least ${least}: ${spellShape(numbers)}`, [field]);
  }
}

/** @param {any} row with kernel, stride, and maybe padding and dilation */
function checkWindow({ kernel, stride, padding = "valid", dilation = 1 }) {
  requireMin(1, { kernel: pair(kernel), stride: pair(stride), dilation: pair(dilation) });
  const cells = typeof padding === "string" ? [] : [padding].flat(2);
  if (cells.some((side) => side < 0)) throw new TableError(`padding must not be negative: ${spellTuple(padding)}`, ["padding"]);
}
