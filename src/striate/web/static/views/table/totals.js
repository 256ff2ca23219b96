/** What the whole table amounts to, how it differs from the original, and what is wrong with it. */

import { h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { fieldWord, word } from "./cells.js";
import { at, every, key } from "./edit.js";
import { bytes, difference } from "./text.js";

/** @typedef {import("./kept.js").Answer} Answer */
/** @typedef {import("./kept.js").Fit} Fit */
/** @typedef {import("./edit.js").PlainTable} PlainTable */

/** @type {[keyof import("./kept.js").Totals, (value: number) => string][]} */
export const TOTALS = [
  ["parameters", n], ["macs", n], ["connections", n], ["train_memory_bytes", bytes], ["inference_memory_bytes", bytes],
];

const MOST = 8; // values that would fit

/** @param {string} name */
export const totalWord = (name) => t(/** @type {import("../../lib/language.js").Key} */ (`table.total.${name}`));

/**
 * @param {Answer} answer
 * @param {Answer} original
 * @returns {HTMLElement}
 */
export function totals(answer, original) {
  return h("dl", { class: "totals" }, TOTALS.map(([name, write]) => {
    const now = answer.summary.total?.[name];
    const was = original.summary.total?.[name];
    const changed = now !== undefined && was !== undefined && now !== was;
    return h("div", { class: changed ? "changed" : "", "data-total": name },
      h("dt", {}, totalWord(name)), h("dd", {}, now === undefined ? "–" : write(now)),
      h("dd", { class: "difference" }, now === undefined || was === undefined ? "" : difference(now, was, write)));
  }));
}

/**
 * Which rows are others than in the original, by their paths.
 * @param {PlainTable} table
 * @param {PlainTable} original
 * @returns {HTMLElement}
 */
export function changes(table, original) {
  const before = new Map(every(original).map(({ path, row }) => [path, row]));
  const now = new Map(every(table).map(({ path, row }) => [path, row]));
  const found = /** @type {const} */ ([
    ["table.changed", [...now.keys()].filter((path) => before.has(path) && own(now.get(path)) !== own(before.get(path)))],
    ["table.added", [...now.keys()].filter((path) => !before.has(path))],
    ["table.removed", [...before.keys()].filter((path) => !now.has(path))],
  ]);
  const input = JSON.stringify(table.input) === JSON.stringify(original.input) ? [] : [t("table.input")];
  const parts = found.map(([name, paths], i) => [name, i === 0 ? [...input, ...paths] : paths]).filter(([, paths]) => paths.length);
  return h("p", { class: "changes" }, parts.length
    ? parts.map(([name, paths]) => h("span", {}, t(/** @type {"table.changed"} */ (name), { rows: few(/** @type {string[]} */ (paths)) })))
    : t("table.unchanged"));
}

/** @param {string[]} paths */
const few = (paths) => (paths.length > 8 ? `${paths.slice(0, 8).join(", ")}, …` : paths.join(", "));

/** A row without the rows inside it, as text. @param {any} row */
const own = (row) => JSON.stringify({ ...row, branches: null, body: null, shortcut: null });

/**
 * Why the table is impossible, and what would fit; a click on that puts it in.
 * @param {NonNullable<Answer["fault"]>} fault
 * @param {PlainTable} table
 * @param {string} about the key of what was edited last: what fits there comes first, then the rest of its row
 * @param {(fit: Fit) => void} apply
 * @returns {HTMLElement}
 */
export function faultPanel(fault, table, about, apply) {
  const far = (/** @type {Fit} */ fit) => (key(fit.place) === about ? 0 : about.startsWith(`${key(fit.place.slice(0, -1))}.`) ? 1 : 2);
  const fits = fault.fits.toSorted((one, other) => far(one) - far(other)).slice(0, MOST);
  const paths = new Map(every(table).map(({ place, path }) => [key(place), path]));
  return h("div", { class: "fault" }, h("p", { class: "bad", role: "alert" }, `⚠ ${fault.line}`),
    fits.length === 0 ? null : h("div", { class: "tools" }, h("span", {}, t("table.fits")),
      fits.map((fit) => h("button", { class: "fit", on: { click: () => apply(fit) } }, fitWords(fit, fault.place, paths, table)))));
}

/**
 * @param {Fit} fit
 * @param {import("./edit.js").Place} place
 * @param {Map<string, string>} paths
 * @param {PlainTable} table
 */
function fitWords(fit, place, paths, table) {
  const row = fit.place.slice(0, -1);
  const elsewhere = key(row) !== key(place) && paths.has(key(row)) ? `${paths.get(key(row))}: ` : "";
  const name = String(fit.place.at(-1));
  const said = typeof at(table, fit.place) === "boolean" || fit.bound === null ? "table.fit" : `table.fit.${fit.bound}`;
  const words = t(/** @type {"table.fit"} */ (said), { field: fieldWord(name), value: fitValue(name, fit.value) });
  return `${elsewhere}${words}${fit.whole ? "" : ` ${t("table.fit.here")}`}`;
}

/**
 * @param {string} name
 * @param {any} value
 */
function fitValue(name, value) {
  if (name === "connections") return t("table.connections.all");
  if (Array.isArray(value) && value.length === 0) return t("table.none");
  return name === "name" || name === "loss" ? String(value) : word(name, value);
}
