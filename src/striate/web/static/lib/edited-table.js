/** The table that was edited in Table, for Train to train. */

import { state } from "./state.js";

/** @import { PlainTable } from "./types.d.ts" */

/**
 * The edited table; null if it does not differ from its original, is impossible, or is not checked yet.
 * @returns {PlainTable | null}
 */
export function editedTable() {
  const { original, report } = state.table;
  if (!original || !report?.toml || report.fault || !report.table) return null;
  return withoutExpected(report.table) === withoutExpected(original.table) ? null : report.table;
}

/** A table as text, without the numbers that its paper states: an edit removes them. @param {PlainTable} table */
const withoutExpected = (table) => JSON.stringify({ ...table, expected: undefined });
