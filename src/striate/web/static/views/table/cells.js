/** The cells of a row: an input where a field is edited, else what was worked out; and below it what the original has. */

import { h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { by, bytes, read, square, written } from "./text.js";
import { key } from "./edit.js";

/** @typedef {import("../../lib/language.js").Key} Key */
/** @typedef {import("./edit.js").Place} Place */
/** @typedef {import("./edit.js").PlainRow} PlainRow */
/** @typedef {import("./edit.js").Field} Field */
/** @typedef {import("./edit.js").Kinds} Kinds */
/**
 * What the server worked out for a row.
 * @typedef {{
 *   path: string, place: Place, input: number[], output: number[], kernel: any, stride: any, padding: any,
 *   parameters: number, macs: number, memory: number, inside: { parameters: number, macs: number },
 *   receptive_field: { size: number | number[] },
 * }} Told
 */
/** @typedef {{ row: PlainRow, told: Told } | undefined} Original */
/** @typedef {{ element: HTMLElement, update: (row: PlainRow, told: Told | undefined, original: Original) => void }} Cell */

export const COLUMNS = /** @type {const} */ ([
  "type", "maps", "size", "kernel", "stride", "padding", "activation", "parameters", "macs", "memory", "sees",
]);
const COMPUTED = ["parameters", "macs", "memory", "sees"];
const NONE = "–";
const ACTIVATIONS = /** @type {Record<string, string>} */ ({ relu: "ReLU", tanh: "tanh", scaled_tanh: "A tanh(Sa)", softmax: "Softmax" });

/** @param {string} type */
export const typeWord = (type) => t(/** @type {Key} */ (`table.type.${type}`));

/** @param {string} field */
export const fieldWord = (field) => t(/** @type {Key} */ (`table.field.${field}`));

/**
 * A value of a field in words.
 * @param {string} field
 * @param {any} value
 * @returns {string}
 */
export function word(field, value) {
  if (typeof value === "boolean") return t(value ? "table.yes" : "table.no");
  if (field === "activation") return ACTIVATIONS[value] ?? NONE;
  if (field === "input") return by(value.slice(1));
  return value === null ? NONE : (Array.isArray(value) && value.length > 2) || typeof value === "object" && !Array.isArray(value)
    ? "…" : written(value).toUpperCase();
}

/**
 * The field that a column edits in a row of this kind.
 * @param {Kinds} kinds
 * @param {string} type
 * @param {string} column
 * @returns {Field | undefined}
 */
export function fieldIn(kinds, type, column) {
  if (COMPUTED.includes(column)) return undefined;
  const own = /** @type {Record<string, string>} */ ({ Dense: "units", AdaptiveAveragePool: "size" });
  const name = column === "size" ? own[type] : column;
  return kinds[type].fields.find((field) => field.name === name);
}

/**
 * The fields that no column has.
 * @param {Kinds} kinds
 * @param {string} type
 * @returns {Field[]}
 */
export function otherFields(kinds, type) {
  const shown = new Set(["name", ...COLUMNS.map((column) => fieldIn(kinds, type, column)?.name)]);
  return kinds[type].fields.filter((field) => field.kind !== "parts" && !shown.has(field.name));
}

/**
 * @param {string} column
 * @param {Told} told
 * @returns {string}
 */
function computed(column, told) {
  const maps = told.output.length === 3;
  if (column === "maps") return maps ? n(told.output[0]) : NONE;
  if (column === "size") return maps ? by(told.output.slice(1)) : n(told.output[0]);
  if (column === "memory") return bytes(told.memory);
  if (column === "sees") return square(told.receptive_field.size);
  if (column === "parameters" || column === "macs") return counted(told[column], told.inside[column]);
  if (column === "kernel") return told.kernel === null ? NONE : square(told.kernel);
  if (column === "stride") return told.stride === null ? NONE : written(told.stride);
  return NONE;
}

/**
 * A count; of a combinator, which costs nothing itself, that of the rows inside it, in brackets.
 * @param {number} own
 * @param {number} inside
 */
function counted(own, inside) {
  if (own === inside) return own ? n(own) : NONE;
  return `(${n(inside)})`;
}

/**
 * A cell of a column: `edit` is told a field's new value.
 * @param {string} column
 * @param {Field | undefined} field
 * @param {PlainRow} row
 * @param {Place} place
 * @param {(place: Place, value: any) => void} edit
 * @returns {Cell}
 */
export function cell(column, field, row, place, edit) {
  const was = h("small", { class: "was" });
  const shown = h("span", { class: "computed" });
  const element = h("td", { class: `column-${column}`, "data-column": column }, field ? control(field, row, place, edit) : shown, was);
  return {
    element,
    update(row, told, original) {
      const now = field ? null : told ? computed(column, told) : NONE;
      if (now !== null) shown.textContent = now;
      const before = field ? fieldBefore(field, row, original) : original && told ? computed(column, original.told) : now;
      mark(element, was, before !== null && before !== now, before ?? "");
    },
  };
}

/**
 * @param {Field} field
 * @param {PlainRow} row
 * @param {Original} original
 * @returns {string | null} what the original has, if it is something else
 */
export function fieldBefore(field, row, original) {
  if (!original || original.row.type !== row.type) return null;
  const [now, before] = [row, original.row].map((one) => one[field.name] ?? field.default);
  return JSON.stringify(now) === JSON.stringify(before) ? null : word(field.name, before);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} was
 * @param {boolean} changed
 * @param {string} before
 */
export function mark(element, was, changed, before) {
  element.classList.toggle("changed", changed);
  was.textContent = changed ? t("table.was", { value: before }) : "";
}

/**
 * The input of a field.
 * @param {Field} field
 * @param {PlainRow} row
 * @param {Place} place of the row
 * @param {(place: Place, value: any) => void} edit
 * @returns {HTMLElement}
 */
export function control(field, row, place, edit) {
  const own = [...place, field.name];
  const value = row[field.name] ?? field.default;
  const told = { "data-cell": key(own), "aria-label": t("table.cell", { row: row.name, field: fieldWord(field.name) }) };
  if (field.kind === "choice") {
    const choose = (/** @type {any} */ event) => edit(own, event.target.value || undefined);
    return h("select", { ...told, on: { change: choose } }, field.choices.map((choice) =>
      h("option", { value: choice ?? "", selected: choice === value }, word(field.name, choice))));
  }
  if (field.kind === "flag") {
    const check = (/** @type {any} */ event) => edit(own, event.target.checked === field.default ? undefined : event.target.checked);
    return h("input", { ...told, type: "checkbox", checked: value, on: { change: check } });
  }
  const type = (/** @type {any} */ event) => edit(own, read(event.target.value, field));
  return h("input", { ...told, value: written(value), autocomplete: "off", spellcheck: false,
    list: field.kind === "padding" ? "paddings" : null, inputMode: field.kind === "whole" ? "numeric" : "text", on: { input: type } });
}
