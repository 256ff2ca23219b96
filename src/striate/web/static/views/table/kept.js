/** The table that is edited, what it began as, and the way back: it outlives the view. */

import { setEdited } from "../../lib/edited.js";
import { put } from "./edit.js";

/** @typedef {import("./edit.js").PlainTable} PlainTable */
/** @typedef {import("./edit.js").Place} Place */
/** @typedef {{ place: Place, value: any, bound: "most" | "least" | null, whole: boolean }} Fit */
/** @typedef {Record<"parameters" | "macs" | "connections" | "train_memory_bytes" | "inference_memory_bytes", number>} Totals */
/**
 * What the server says of a table.
 * @typedef {{
 *   table: PlainTable | null, toml: string | null,
 *   summary: { rows: any[], heads: { rows: any[] }[], total: Totals | null },
 *   fault: { place: Place, line: string, fits: Fit[] } | null,
 * }} Answer
 */

const LONGEST = 500; // steps back

export const kept = {
  /** Where the table comes from: "name:lenet5", "model:lenet5", "file:my.toml". */
  source: "",
  original: /** @type {(Answer & { table: PlainTable }) | null} */ (null),
  table: /** @type {PlainTable} */ ({}),
  answer: /** @type {Answer | null} */ (null),
  past: /** @type {PlainTable[]} */ ([]),
  future: /** @type {PlainTable[]} */ ([]),
  /** What the last edit was about: typing on in one cell is one edit. */
  about: "",
  open: /** @type {Set<string>} */ (new Set()),
  more: /** @type {Set<string>} */ (new Set()),
  second: { source: "", table: /** @type {PlainTable | null} */ (null) },
};

/**
 * Begin with a table that the server knows.
 * @param {string} source
 * @param {Answer & { table: PlainTable }} answer
 */
export function begin(source, answer) {
  Object.assign(kept, { source, original: answer, table: answer.table, answer });
  Object.assign(kept, { past: [], future: [], about: "", open: new Set(), more: new Set() });
  setEdited(null);
}

/**
 * The table after an edit. What the paper says that it amounts to is then no longer true of it.
 * @param {PlainTable} table
 * @param {string} [about]
 */
export function edit(table, about = "") {
  if (!about || about !== kept.about) kept.past = [...kept.past, kept.table].slice(-LONGEST);
  Object.assign(kept, { table: put(table, ["expected"], undefined), future: [], about });
  outdated();
}

/** One step back. @returns {boolean} whether there was one */
export function undo() {
  const table = kept.past.at(-1);
  if (!table) return false;
  Object.assign(kept, { past: kept.past.slice(0, -1), future: [kept.table, ...kept.future], table, about: "" });
  outdated();
  return true;
}

/** One step forward again. @returns {boolean} */
export function redo() {
  const table = kept.future[0];
  if (!table) return false;
  Object.assign(kept, { past: [...kept.past, kept.table], future: kept.future.slice(1), table, about: "" });
  outdated();
  return true;
}

/** Until the server has seen it, nobody saves or trains the table. */
function outdated() {
  setEdited(null);
  if (kept.answer) kept.answer = { ...kept.answer, toml: null };
}

/**
 * What the server says of the table as it is now.
 * @param {Answer} answer
 */
export function told(answer) {
  kept.answer = answer;
  const [now, before] = [answer.table, kept.original?.table].map((table) => JSON.stringify(put(table, ["expected"], undefined)));
  setEdited(answer.fault || !answer.table || now === before ? null : { plain: answer.table, name: String(answer.table.name) });
}
