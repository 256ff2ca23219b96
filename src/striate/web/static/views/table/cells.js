/** The cells of a row: an input for a field, or a computed value; below it the original's value if it differs. */

import { h, setText } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { formatBytes, formatField, formatSize, formatSquare, parseField } from "./format.js";

/** @import { Cell, Field, OriginalRow, PlainRow, Props, RowReport, RowTypes, Spot, StringKey } from "../../lib/types.d.ts" */
/** @import { TableActions } from "../../lib/types.d.ts" */

export const COLUMNS = /** @type {const} */ ([
  "type", "maps", "size", "kernel", "stride", "padding", "activation", "parameters", "macs", "memory", "receptive_field",
]);
const COMPUTED = ["parameters", "macs", "memory", "receptive_field"];
const NONE = "–";
const ACTIVATIONS = /** @type {Record<string, string>} */ ({ relu: "ReLU", tanh: "tanh", scaled_tanh: "A tanh(Sa)", softmax: "Softmax" });

/** @param {string} field */
export const fieldName = (field) => t(/** @type {StringKey} */ (`table.field.${field}`));

/**
 * A value of a field, for reading.
 * @param {string} field
 * @param {unknown} value
 * @returns {string}
 */
export function formatFieldOf(field, value) {
  if (typeof value === "boolean") return t(value ? "table.yes" : "table.no");
  if (field === "activation") return ACTIVATIONS[String(value)] ?? NONE;
  if (value === null || value === undefined) return NONE;
  if (!Array.isArray(value)) return typeof value === "object" ? "…" : formatField(value).toUpperCase();
  if (field === "input") return formatSize(value.slice(1));
  return value.length > 2 ? "…" : formatField(value).toUpperCase();
}

/**
 * The field that a column edits in a row of this type.
 * @param {RowTypes} types
 * @param {string} type
 * @param {string} column
 * @returns {Field | undefined}
 */
export function fieldOfColumn(types, type, column) {
  if (COMPUTED.includes(column)) return undefined;
  const sizeFields = /** @type {Record<string, string>} */ ({ Dense: "units", AdaptiveAveragePool: "size" });
  const name = column === "size" ? sizeFields[type] : column;
  return types[type].fields.find((field) => field.name === name);
}

/**
 * The fields without a column.
 * @param {RowTypes} types
 * @param {string} type
 * @returns {Field[]}
 */
export function otherFields(types, type) {
  const shown = new Set(["name", ...COLUMNS.map((column) => fieldOfColumn(types, type, column)?.name)]);
  return types[type].fields.filter((field) => field.kind !== "parts" && !shown.has(field.name));
}

/**
 * @param {string} column
 * @param {RowReport} report
 * @returns {string}
 */
function computedText(column, report) {
  const hasMaps = report.output.length === 3;
  if (column === "maps") return hasMaps ? formatNumber(report.output[0]) : NONE;
  if (column === "size") return hasMaps ? formatSize(report.output.slice(1)) : formatNumber(report.output[0]);
  if (column === "memory") return formatBytes(report.memory);
  if (column === "receptive_field") return formatSquare(report.receptive_field.size);
  if (column === "parameters" || column === "macs") return costText(report[column], report.inside[column]);
  if (column === "kernel") return report.kernel === null ? NONE : formatSquare(report.kernel);
  if (column === "stride") return report.stride === null ? NONE : formatField(report.stride);
  return NONE;
}

/**
 * A cost; of a combinator, that of the rows inside it, in brackets.
 * @param {number} own
 * @param {number} inside
 */
function costText(own, inside) {
  if (own === inside) return own ? formatNumber(own) : NONE;
  return `(${formatNumber(inside)})`;
}

/**
 * The cell of a column.
 * @param {string} column
 * @param {Field | undefined} field
 * @param {PlainRow} row
 * @param {Spot} spot
 * @param {TableActions["edit"]} edit
 * @returns {Cell}
 */
export function tableCell(column, field, row, spot, edit) {
  const previous = h("small", { class: "original" });
  const computed = h("span", { class: "computed" });
  const input = field && fieldInput(field, row, spot, edit);
  const element = h("td", { role: "cell", class: `column-${column}`, "data-column": column }, input?.element ?? computed, previous);
  return {
    element,
    update(present, report, original) {
      if (input) {
        input.show(present);
        return showOriginal(element, previous, originalField(field, present, original));
      }
      const text = report ? computedText(column, report) : NONE;
      const before = original && report ? computedText(column, original.report) : text;
      setText(computed, text);
      showOriginal(element, previous, before === text ? null : before);
    },
  };
}

/**
 * The original's value of a field; null if it is the same.
 * @param {Field} field
 * @param {PlainRow} row
 * @param {OriginalRow | undefined} original
 * @returns {string | null}
 */
export function originalField(field, row, original) {
  if (!original || original.row === row || original.row.type !== row.type) return null;
  const [now, before] = [row, original.row].map((one) => one[field.name] ?? field.default);
  return JSON.stringify(now) === JSON.stringify(before) ? null : formatFieldOf(field.name, before);
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} previous
 * @param {string | null} value the original's, if it differs
 */
export function showOriginal(element, previous, value) {
  element.classList.toggle("changed", value !== null);
  setText(previous, value === null ? "" : t("table.original", { value }));
}

/**
 * The input of a field. `show` writes the field of a row into it, except where what is typed means the same already.
 * @param {Field} field
 * @param {PlainRow} row
 * @param {Spot} spot
 * @param {TableActions["edit"]} edit
 * @returns {{ element: HTMLElement, show: (row: PlainRow) => void }}
 */
export function fieldInput(field, row, spot, edit) {
  let shown = row;
  const valueOf = (/** @type {PlainRow} */ one) => one[field.name] ?? field.default;
  const typed = (/** @type {unknown} */ value) => edit([...spot.place, field.name], value);
  const common = { "data-field": field.name, "aria-label": t("table.cell", { row: row.name, field: fieldName(field.name) }) };
  const { element, write } = inputOf(field, valueOf(row), common, typed);
  return {
    element,
    show(present) {
      if (present !== shown) write(valueOf(present));
      shown = present;
    },
  };
}

/**
 * @param {Field} field
 * @param {unknown} value
 * @param {Props} common
 * @param {(value: unknown) => void} typed
 * @returns {{ element: HTMLElement, write: (value: unknown) => void }}
 */
function inputOf(field, value, common, typed) {
  if (field.kind === "choice") {
    const element = h("select", { ...common, on: { change: () => typed(element.value || undefined) } }, field.choices.map((choice) =>
      h("option", { value: choice ?? "", selected: choice === value }, formatFieldOf(field.name, choice))));
    return { element, write: (present) => (element.value = String(present ?? "")) };
  }
  if (field.kind === "flag") {
    const change = () => typed(element.checked === field.default ? undefined : element.checked);
    const element = h("input", { ...common, type: "checkbox", checked: value, on: { change } });
    return { element, write: (present) => (element.checked = Boolean(present)) };
  }
  const parsed = () => parseField(element.value, field);
  const element = h("input", { ...common, value: formatField(value), autocomplete: "off", spellcheck: false,
    list: field.kind === "padding" ? "paddings" : null, inputMode: field.kind === "whole" ? "numeric" : "text",
    on: { input: () => typed(parsed()) } });
  return { element, write: (present) => {
    if (JSON.stringify(parsed() ?? field.default) !== JSON.stringify(present)) element.value = formatField(present);
  } };
}
