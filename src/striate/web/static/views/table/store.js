/** The table that is edited, in the page's store: its report, its original, undo and redo. */

import { state } from "../../lib/state.js";
import { putAt } from "./edit.js";

/** @import { PlainTable, PossibleTable, TableReport } from "../../lib/types.d.ts" */

const MAX_UNDO = 500;

/**
 * Begin with another table. `report` is of a possible one.
 * @param {string} source
 * @param {TableReport} report
 */
export function openTable(source, report) {
  const { model } = state;
  const original = /** @type {PossibleTable} */ (report);
  Object.assign(state.table, { model, source, original, table: original.table, report });
  Object.assign(state.table, { past: [], future: [], lastField: "", open: new Set(), details: new Set() });
}

/**
 * Replace the table by an edited one, without the numbers that its paper states: they no longer hold.
 * @param {PlainTable} table
 * @param {string} [field] the key of the field in which one types: further typing in it is the same undo step
 */
export function edit(table, field = "") {
  const store = state.table;
  if (!field || field !== store.lastField) store.past = [...store.past, store.table].slice(-MAX_UNDO);
  Object.assign(store, { table: putAt(table, ["expected"], undefined), future: [], lastField: field });
  invalidateReport();
}

/** @returns {boolean} whether there was a step to undo */
export function undo() {
  const { past, future, table: present } = state.table;
  const table = past.at(-1);
  if (!table) return false;
  Object.assign(state.table, { past: past.slice(0, -1), future: [present, ...future], table, lastField: "" });
  invalidateReport();
  return true;
}

/** @returns {boolean} whether there was a step to redo */
export function redo() {
  const { past, future, table: present } = state.table;
  const [table] = future;
  if (!table) return false;
  Object.assign(state.table, { past: [...past, present], future: future.slice(1), table, lastField: "" });
  invalidateReport();
  return true;
}

/** Without its TOML a report is outdated: the table can be neither saved nor trained. */
function invalidateReport() {
  const { report } = state.table;
  if (report) state.table.report = { ...report, toml: null };
}
