/**
 * The table that is edited in Table, for Train to train. It is kept as long as the tab, with what undo and redo return to.
 */

import { state } from "./state.js";
import { session } from "./storage.js";

/** @import { PlainTable, PossibleTable, TableVersion } from "./types.d.ts" */

const KEY = "table";
const MAX_LETTERS = 1_500_000; // a tab may keep about five million in all, in Safari half of them

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

/**
 * Keep the table for when the tab is loaded again; of undo and redo as many steps as there is room for, the last ones first.
 */
function saveTable() {
  const { original, past, future, source, table, report, model, second, open, details } = state.table;
  if (!original) return;
  /** @type {PossibleTable[]} */
  const originals = [];
  let letters = 0;
  const pack = (/** @type {TableVersion} */ version) => {
    const isNew = !originals.includes(version.original);
    letters += JSON.stringify(version.table).length + (isNew ? JSON.stringify(version.original).length : 0);
    if (isNew) originals.push(version.original);
    const { length } = originals;
    return { source: version.source, original: isNew ? length - 1 : originals.indexOf(version.original), table: version.table };
  };
  const packAll = (/** @type {TableVersion[]} */ versions) => {
    const packed = [];
    for (const version of versions) {
      const one = pack(version);
      if (letters > MAX_LETTERS) break;
      packed.push(one);
    }
    return packed;
  };
  const present = pack({ source, original, table });
  const steps = { past: packAll([...past].reverse()).reverse(), future: packAll(future) };
  const view = { address: location.hash, model, report, second: second.source, open: [...open], details: [...details] };
  try {
    session.setItem(KEY, JSON.stringify({ originals, present, ...steps, ...view }));
  } catch {
    session.setItem(KEY, ""); // there is no room: a table of before would be a wrong one
  }
}

/** Restore what `saveTable` saved; what is damaged is ignored. */
function restoreTable() {
  try {
    const saved = JSON.parse(session.getItem(KEY) || "null");
    if (!saved) return;
    const { address, originals, present, past, future, model, report, second, open, details } = saved;
    const unpack = (/** @type {any} */ { source, original, table }) => {
      const opened = originals[original];
      if (![opened?.table, table].every(isTable) || !isReport(opened)) throw new Error(KEY);
      const isOriginal = JSON.stringify(opened.table) === JSON.stringify(table); // then it is the same object again
      return { source: String(source), original: opened, table: isOriginal ? opened.table : table };
    };
    Object.assign(state.table, {
      ...unpack(present), past: past.map(unpack), future: future.map(unpack), model: String(model),
      report: isReport(report) ? report : { ...originals[present.original], toml: null },
      second: { source: String(second), table: null },
      open: new Set(open), details: new Set(details), lastField: "",
    });
    keptAddress = address;
  } catch {
    forgetTable();
  }
}

/** The address when the table was kept. @type {unknown} */
let keptAddress = null;

/**
 * Whether the table was kept at this address, asked once: a page that is loaded again. The address follows the table with a
 * delay, so that what is kept says more.
 * @param {string} address
 */
export function isKeptAt(address) {
  const isKept = address === keptAddress;
  keptAddress = null;
  return isKept;
}

/** Forget the table, and what is kept of it. */
export function forgetTable() {
  Object.assign(state.table, { model: "", source: "", original: null, table: { name: "", input: [], rows: [] }, report: null });
  Object.assign(state.table, { past: [], future: [], lastField: "", open: new Set(), details: new Set() });
  state.table.second = { source: "", table: null };
  session.setItem(KEY, "");
}

/** @param {any} table @returns {boolean} */
const isTable = (table) => Array.isArray(table?.input) && isRows(table.rows)
  && (table.heads ?? []).every((/** @type {any} */ head) => isRows(head.rows));

/** @param {any} rows @returns {boolean} */
const isRows = (rows) => Array.isArray(rows) && rows.every((row) => typeof row.type === "string" && typeof row.name === "string"
  && [...(row.branches ?? []), row.body ?? [], row.shortcut ?? []].every(isRows));

/** @param {any} report @returns {boolean} */
const isReport = (report) => [report?.summary?.rows, report?.summary?.heads].every(Array.isArray)
  && report.summary.rows.every((/** @type {any} */ row) => Array.isArray(row.place) && Array.isArray(row.output));

restoreTable();
addEventListener("pagehide", saveTable);
document.addEventListener("visibilitychange", saveTable); // a tablet ends tabs in the background without another word
