/** The table that is edited, in the page's store: its report, its original, undo and redo. */

import { state } from "../../lib/state.js";
import { putAt } from "./edit.js";

/** @import { PlainTable, PossibleTable, TableReport, TableVersion } from "../../lib/types.d.ts" */

const MAX_UNDO = 500;

/** Whether the table differs from what was opened. */
export const isEdited = () => Boolean(state.table.original && state.table.table !== state.table.original.table);

/**
 * Begin with another table; undo returns to an edited one. `report` is of a possible table.
 * @param {string} source
 * @param {TableReport} report
 * @param {{ replaces: boolean }} options whether an unedited table is replaced without a step of undo
 */
export function openTable(source, report, { replaces }) {
  const original = /** @type {PossibleTable} */ (report);
  if (state.table.original && !(replaces && !isEdited())) remember();
  Object.assign(state.table, { model: state.model, source, original, table: original.table, report });
  Object.assign(state.table, { lastField: "", open: new Set(), details: new Set() });
}

/**
 * Replace the table by an edited one, without the numbers that its paper states: they no longer hold. One that equals the
 * original is the original.
 * @param {PlainTable} table
 * @param {string} [field] the key of the field in which one types: further typing in it is the same undo step
 */
export function edit(table, field = "") {
  const store = state.table;
  if (!field || field !== store.lastField) remember();
  const edited = putAt(table, ["expected"], undefined);
  const original = store.original?.table;
  const isOriginal = original && JSON.stringify(edited) === JSON.stringify(putAt(original, ["expected"], undefined));
  Object.assign(store, { table: isOriginal ? original : edited, future: [], lastField: field });
  invalidateReport();
}

/** @returns {boolean} whether there was a step to undo */
export function undo() {
  const { past, future } = state.table;
  if (!past.length) return false;
  Object.assign(state.table, { future: [present(), ...future], past: past.slice(0, -1), ...past[past.length - 1], lastField: "" });
  invalidateReport();
  return true;
}

/** @returns {boolean} whether there was a step to redo */
export function redo() {
  const { past, future } = state.table;
  if (!future.length) return false;
  Object.assign(state.table, { past: [...past, present()], future: future.slice(1), ...future[0], lastField: "" });
  invalidateReport();
  return true;
}

/** Make the present table a step of undo. */
function remember() {
  Object.assign(state.table, { past: [...state.table.past, present()].slice(-MAX_UNDO), future: [] });
}

/** @returns {TableVersion} */
function present() {
  const { source, original, table } = state.table;
  return { source, original: /** @type {PossibleTable} */ (original), table };
}

/** The original's report is at hand. Any other is outdated, which the lack of its TOML says: the table can be neither saved nor trained. */
function invalidateReport() {
  const { report, original } = state.table;
  if (!isEdited()) state.table.report = original;
  else if (report) state.table.report = { ...report, toml: null };
}
