/** The table itself: lines are built when their rows are new; all others are kept, and written into when their numbers change. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { state } from "../../lib/state.js";
import { COLUMNS } from "./cells.js";
import { flattenTable, keyOf, rowAt } from "./edit.js";
import { formatField, parseField } from "./format.js";
import { lineRecipes } from "./rows.js";
import { faultPanel } from "./totals.js";

/** @import { Field, FieldValue, Fit, Line, Place, PossibleTable, Reports } from "../../lib/types.d.ts" */
/** @import { RowTypes, Spot, TableActions, TableReport } from "../../lib/types.d.ts" */

const LARGE = 60; // lines: of more, those out of view are not laid out

/** @type {Field} */
const SIZE = { name: "input", kind: "pair", choices: [], default: null, required: true };

/**
 * @param {TableActions} actions
 * @param {(fit: Fit) => void} onFit a value that fits is chosen
 * @returns {{ element: HTMLElement, build: (types: RowTypes) => void, update: () => HTMLElement | null }} `build` after the
 *   rows change, `update` after their numbers do; `update` returns the fault if it is not a row's
 */
export function tableGrid(actions, onFit) {
  const body = h("tbody", { role: "rowgroup" });
  const heading = (/** @type {typeof COLUMNS[number]} */ name) =>
    h("th", { role: "columnheader", scope: "col", class: `column-${name}` }, t(`table.${name}`));
  // The lines are no boxes of a table, so that the browser can leave out those that are not in view; the roles restore what they are.
  const element = h("div", { class: "scroll rows", tabIndex: 0, role: "region", "aria-label": t("table.title") },
    h("table", { role: "table", class: "network", "aria-label": t("table.title") },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" },
        h("th", { role: "columnheader", scope: "col", class: "layer" }, t("table.layer")), COLUMNS.map(heading),
        h("th", { role: "columnheader" }, h("span", { class: "hidden" }, t("table.tools"))))), body));
  /** The lines by the keys of their recipes. @type {Map<string, Line & { spot: Spot }>} */
  let lines = new Map();
  const fault = faultLine(body, onFit);
  const input = inputLine(actions);
  return {
    element,
    build(types) {
      const { table, open, details } = state.table;
      /** @type {typeof lines} */
      const built = new Map();
      for (const { key: name, place, build } of lineRecipes(table, { types, actions, open, details })) {
        const key = freeKey(built, name);
        const spot = lines.get(key)?.spot ?? { place };
        const line = lines.get(key) ?? { ...build(spot), spot };
        if (!lines.has(key) || keyOf(spot.place) !== keyOf(place)) setPlace(line.element, spot, place);
        built.set(key, line);
      }
      lines = built;
      element.classList.toggle("large", lines.size > LARGE);
      arrange(body, [input.element, ...[...lines.values()].map((line) => line.element)]);
    },
    update() {
      const { report, original, table } = state.table;
      const reports = reportsOf(table, report, original);
      input.show();
      for (const { update } of lines.values()) update?.(reports);
      return fault();
    },
  };
}

/**
 * A key that no other line has: in an impossible table two rows may have one name.
 * @param {Map<string, unknown>} taken
 * @param {string} key
 */
function freeKey(taken, key) {
  let free = key;
  for (let i = 2; taken.has(free); i++) free = `${key} ${i}`;
  return free;
}

/**
 * Write where a line's row is now into its cells.
 * @param {HTMLElement} element
 * @param {Spot} spot
 * @param {Place} place
 */
function setPlace(element, spot, place) {
  spot.place = place;
  const key = keyOf(place);
  if (element.classList.contains("line")) element.dataset.place = key;
  for (const cell of element.querySelectorAll("[data-field]")) cell.setAttribute("data-cell", `${key}.${cell.getAttribute("data-field")}`);
}

/**
 * Make the children of an element these; those that stay where they are are not touched.
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} children
 */
function arrange(parent, children) {
  const wanted = new Set(/** @type {Element[]} */ (children));
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let at = parent.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else parent.insertBefore(child, at);
  }
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
 * @returns {{ element: HTMLElement, show: () => void }}
 */
function inputLine(actions) {
  /** @type {(column: "maps" | "size", of: (input: unknown[]) => unknown, input: (typed: FieldValue | undefined) => unknown[]) => any} */
  const cell = (column, of, input) => {
    const parsed = () => parseField(element.value, SIZE);
    const element = h("input", { "data-cell": `input.${column}`, autocomplete: "off",
      "aria-label": t("table.cell", { row: t("table.input"), field: t(`table.${column}`) }),
      on: { input: () => actions.edit(["input"], input(parsed())) } });
    return {
      element: h("td", { role: "cell", "data-column": column }, element),
      show() {
        const present = state.table.table.input;
        if (JSON.stringify(input(parsed())) !== JSON.stringify(present)) element.value = formatField(of(present));
      },
    };
  };
  const maps = cell("maps", ([channels]) => channels, (typed) => [typed, ...state.table.table.input.slice(1)]);
  const size = cell("size", ([, ...sides]) => sides, (typed) =>
    [state.table.table.input[0], ...(Array.isArray(typed) ? typed : [typed, typed])]);
  return {
    element: h("tr", { role: "row", class: "line input" },
      h("th", { role: "rowheader", scope: "row", class: "layer" }, "In"), h("td", { role: "cell" }, t("table.input")),
      maps.element, size.element, h("td", { role: "cell", class: "rest" })),
    show() {
      maps.show();
      size.show();
    },
  };
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
 * The line of a fault below its row.
 * @param {HTMLElement} body
 * @param {(fit: Fit) => void} onFit
 * @returns {() => HTMLElement | null} shows the present fault; what it returns is a fault that is no row's
 */
function faultLine(body, onFit) {
  /** @type {HTMLElement | null} */
  let line = null;
  /** @type {Element | null} */
  let invalid = null;
  return () => {
    const { report, table, lastField } = state.table;
    line?.remove();
    invalid?.removeAttribute("aria-invalid");
    line = invalid = null;
    if (!report?.fault) return null;
    const panel = faultPanel(report.fault, table, lastField, onFit);
    invalid = body.querySelector(`[data-cell="${CSS.escape(keyOf(report.fault.place))}"]`);
    invalid?.setAttribute("aria-invalid", "true");
    const rows = faultyRows();
    const place = rows[rows.length - 1];
    const row = place && body.querySelector(`[data-place="${CSS.escape(keyOf(place))}"]`);
    if (!row) return panel;
    line = h("tr", { role: "row", class: "fault-line" }, h("td", { role: "cell", class: "whole" }, panel));
    row.after(line);
    return null;
  };
}
