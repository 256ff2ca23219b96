/** The totals of the table, its differences from the original, and its fault. */

import { h } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { fieldName, formatFieldOf } from "./cells.js";
import { flattenTable, getAt, keyOf } from "./edit.js";
import { formatBytes, formatDifference } from "./format.js";

/** @import { Fault, FieldValue, Fit, Place, PlainRow, PlainTable, StringKey, TableReport, TotalName } from "../../lib/types.d.ts" */

/** @type {[TotalName, (value: number) => string][]} */
export const TOTALS = [
  ["parameters", formatNumber], ["macs", formatNumber], ["connections", formatNumber],
  ["train_memory_bytes", formatBytes], ["inference_memory_bytes", formatBytes],
];

const MAX_FITS = 8;
const MAX_PATHS = 8;

/** @param {TotalName} name */
export const totalName = (name) => t(`table.total.${name}`);

/**
 * @param {TableReport} report
 * @param {TableReport} original
 * @returns {HTMLElement}
 */
export function totals(report, original) {
  return h("dl", { class: "totals" }, TOTALS.map(([name, format]) => {
    const now = report.summary.total?.[name];
    const before = original.summary.total?.[name];
    const changed = now !== undefined && before !== undefined && now !== before;
    return h("div", { class: changed ? "changed" : "", "data-total": name },
      h("dt", {}, totalName(name)), h("dd", {}, now === undefined ? "–" : format(now)),
      h("dd", { class: "difference" }, now === undefined || before === undefined ? "" : formatDifference(now, before, format)));
  }));
}

/**
 * The rows that differ from the original, by their paths.
 * @param {PlainTable} table
 * @param {PlainTable} original
 * @returns {HTMLElement}
 */
export function changes(table, original) {
  const before = new Map(flattenTable(original).map(({ path, row }) => [path, ownFields(row)]));
  const now = new Map(flattenTable(table).map(({ path, row }) => [path, ownFields(row)]));
  const changed = [...now.keys()].filter((path) => before.has(path) && now.get(path) !== before.get(path));
  const input = JSON.stringify(table.input) === JSON.stringify(original.input) ? [] : [t("table.input")];
  const parts = /** @type {[StringKey, string[]][]} */ ([
    ["table.changed", [...input, ...changed]],
    ["table.added", [...now.keys()].filter((path) => !before.has(path))],
    ["table.removed", [...before.keys()].filter((path) => !now.has(path))],
  ]).filter(([, paths]) => paths.length);
  return h("p", { class: "changes" }, parts.length
    ? parts.map(([key, paths]) => h("span", {}, t(key, { rows: shorten(paths) })))
    : t("table.unchanged"));
}

/** @param {string[]} paths */
const shorten = (paths) => (paths.length > MAX_PATHS ? `${paths.slice(0, MAX_PATHS).join(", ")}, …` : paths.join(", "));

/** The fields of a row without the rows inside it, as text. @param {PlainRow} row */
const ownFields = (row) => JSON.stringify({ ...row, branches: null, body: null, shortcut: null });

/**
 * Why the table is impossible, and values that fit, as buttons.
 * @param {Fault} fault
 * @param {PlainTable} table
 * @param {string} lastField the key of the last edited field: what fits there comes first, then the rest of its row
 * @param {(fit: Fit) => void} onFit
 * @returns {HTMLElement}
 */
export function faultPanel(fault, table, lastField, onFit) {
  const distance = (/** @type {Fit} */ { place }) =>
    keyOf(place) === lastField ? 0 : lastField.startsWith(`${keyOf(place.slice(0, -1))}.`) ? 1 : 2;
  const fits = [...fault.fits].sort((one, other) => distance(one) - distance(other)).slice(0, MAX_FITS);
  const paths = new Map(flattenTable(table).map(({ place, path }) => [keyOf(place), path]));
  return h("div", { class: "fault" }, h("p", { class: "error", role: "alert" }, `⚠ ${fault.line}`),
    fits.length === 0 ? null : h("div", { class: "toolbar" }, h("span", {}, t("table.fits")),
      fits.map((fit) => h("button", { on: { click: () => onFit(fit) } }, fitText(fit, fault.place, paths, table)))));
}

/**
 * @param {Fit} fit
 * @param {Place} faultPlace
 * @param {Map<string, string>} paths
 * @param {PlainTable} table
 */
function fitText(fit, faultPlace, paths, table) {
  const row = keyOf(fit.place.slice(0, -1));
  const otherRow = row !== keyOf(faultPlace) && paths.has(row) ? `${paths.get(row)}: ` : "";
  const name = String(fit.place[fit.place.length - 1]);
  const isFlag = typeof getAt(table, fit.place) === "boolean";
  const text = t(isFlag || fit.bound === null ? "table.fit" : `table.fit.${fit.bound}`,
    { field: fieldName(name), value: fitValue(name, fit.value) });
  return `${otherRow}${text}${fit.whole ? "" : ` ${t("table.fit.here")}`}`;
}

/**
 * @param {string} name
 * @param {FieldValue} value
 */
function fitValue(name, value) {
  if (name === "connections") return t("table.connections.all");
  if (Array.isArray(value) && value.length === 0) return t("table.none");
  return name === "name" || name === "loss" ? String(value) : formatFieldOf(name, value);
}
