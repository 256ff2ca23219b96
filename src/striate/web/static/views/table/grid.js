/** The table itself: built again when its rows change, only updated when its numbers change. */

import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { state } from "../../lib/state.js";
import { COLUMNS } from "./cells.js";
import { flattenTable, keyOf, rowAt } from "./edit.js";
import { formatSize, parseField } from "./format.js";
import { COLUMN_COUNT, tableLines } from "./rows.js";
import { faultPanel } from "./totals.js";

/** @import { EventOf, Field, FieldValue, Fit, Place, PossibleTable, Reports } from "../../lib/types.d.ts" */
/** @import { RowTypes, TableActions, TableReport } from "../../lib/types.d.ts" */

/** @type {Field} */
const SIZE = { name: "input", kind: "pair", choices: [], default: null, required: true };

/**
 * @param {TableActions} actions
 * @param {(fit: Fit) => void} onFit a value that fits is chosen
 * @returns {{ element: HTMLElement, build: (types: RowTypes) => void, update: () => HTMLElement | null }} `update` returns the
 *   fault if it is not a row's
 */
export function tableGrid(actions, onFit) {
  const body = h("tbody", {});
  const heading = (/** @type {typeof COLUMNS[number]} */ name) => h("th", { scope: "col", class: `column-${name}` }, t(`table.${name}`));
  const element = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("table.title") },
    h("table", { class: "network" }, h("caption", { class: "hidden" }, t("table.keys")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "layer" }, t("table.layer")), COLUMNS.map(heading),
        h("th", {}, h("span", { class: "hidden" }, t("table.tools"))))), body));
  /** @type {((reports: Reports) => void)[]} */
  let updates = [];
  return {
    element,
    build(types) {
      const { table, open, details } = state.table;
      updates = [];
      replaceChildren(body, inputLine(actions), tableLines(table, { types, actions, open, details, updates }));
    },
    update() {
      const { report, original, table } = state.table;
      const reports = reportsOf(table, report, original);
      for (const update of updates) update(reports);
      return showFault(body, onFit);
    },
  };
}

/**
 * The report of each row, and of the original's row with the same path.
 * @param {Reports["table"]} table
 * @param {TableReport | null} report
 * @param {PossibleTable | null} original
 * @returns {Reports}
 */
function reportsOf(table, report, original) {
  const now = new Map(rowReports(report).map((row) => [keyOf(row.place), row]));
  const before = new Map(original
    ? rowReports(original).map((row) => [row.path, { row: rowAt(original.table, row.place), report: row }]) : []);
  const paths = new Map(flattenTable(table).map(({ place, path }) => [keyOf(place), path]));
  return { table, report: (place) => now.get(keyOf(place)), original: (place) => before.get(paths.get(keyOf(place)) ?? "") };
}

/** @param {TableReport | null} report */
const rowReports = (report) => (report ? [...report.summary.rows, ...report.summary.heads.flatMap((head) => head.rows)] : []);

/**
 * The input as the first row.
 * @param {TableActions} actions
 */
function inputLine(actions) {
  const { table } = state.table;
  const [channels, ...size] = table.input;
  /** @type {(column: "maps" | "size", value: unknown, input: (typed: FieldValue | undefined) => unknown[]) => HTMLElement} */
  const cell = (column, value, input) =>
    h("td", { "data-column": column }, h("input", { "data-cell": `input.${column}`, value, autocomplete: "off",
      "aria-label": t("table.cell", { row: t("table.input"), field: t(`table.${column}`) }),
      on: { input: (/** @type {EventOf<HTMLInputElement>} */ event) =>
        actions.edit(["input"], input(parseField(event.target.value, SIZE))) } }));
  return h("tr", { class: "line input" },
    h("th", { scope: "row", class: "layer" }, "In"), h("td", {}, t("table.input")),
    cell("maps", channels, (typed) => [typed, ...state.table.table.input.slice(1)]),
    cell("size", formatSize(size), (typed) => [state.table.table.input[0], ...(Array.isArray(typed) ? typed : [typed, typed])]),
    h("td", { colSpan: COLUMN_COUNT - 4 }));
}

/**
 * The closed combinators around the row with the fault.
 * @returns {Place[]}
 */
export function closedParents() {
  return faultyRows().slice(0, -1).filter((place) => !state.table.open.has(keyOf(place)));
}

/** The row with the fault and the combinators around it, from the outside in. @returns {Place[]} */
function faultyRows() {
  const { report, table } = state.table;
  const fault = report?.fault?.place ?? [];
  return flattenTable(table).map(({ place }) => place).filter((place) => keyOf(fault.slice(0, place.length)) === keyOf(place));
}

/**
 * Show the fault below its row; return it if it is not a row's.
 * @param {HTMLElement} body
 * @param {(fit: Fit) => void} onFit
 * @returns {HTMLElement | null}
 */
function showFault(body, onFit) {
  const { report, table, lastField } = state.table;
  body.querySelectorAll(".fault-line").forEach((line) => line.remove());
  body.querySelectorAll("[aria-invalid]").forEach((cell) => cell.removeAttribute("aria-invalid"));
  if (!report?.fault) return null;
  const panel = faultPanel(report.fault, table, lastField, onFit);
  body.querySelector(`[data-cell="${CSS.escape(keyOf(report.fault.place))}"]`)?.setAttribute("aria-invalid", "true");
  const place = faultyRows().at(-1);
  const line = place && body.querySelector(`[data-place="${CSS.escape(keyOf(place))}"]`);
  if (!line) return panel;
  line.after(h("tr", { class: "fault-line" }, h("td", { colSpan: COLUMN_COUNT }, panel)));
  return null;
}
