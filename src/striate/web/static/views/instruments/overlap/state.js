/** What stays of Overlap when it is left, and what of it stands in an address. */

import { field, FLAG, matrix, whole } from "../../../lib/link-values.js";

/** @import { LinkField, LinkValue, OverlapState } from "../../../lib/types.d.ts" */

/** Of the server too. */
export const MOST = { line: { x: 48, g: 16 }, plane: { x: 12, g: 7 } };

/** One row of numbers in one dimension, as many rows as a picture has in two; `at` counts the places row by row. @type {OverlapState} */
export const settings = { x: [[1, 2, 4, 8, 16]], g: [[1, 10, 100]], flipped: false, at: 0 };

/** How x or g is written: one row, or several. @param {"x" | "g"} name @returns {LinkValue<number[][]>} */
export const rows = (name) => {
  const [line, plane] = [matrix(1, MOST.line[name]), matrix(MOST.plane[name], MOST.plane[name])];
  return { read: (text) => line.read(text) ?? plane.read(text), write: line.write };
};

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  x: field(settings, "x", rows("x")),
  g: field(settings, "g", rows("g")),
  flipped: field(settings, "flipped", FLAG),
  at: field(settings, "at", whole(MOST.plane.x ** 2)),
};
