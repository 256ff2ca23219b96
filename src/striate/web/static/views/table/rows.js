/** The lines of the table: a line for each row, those inside a combinator indented below it, with their buttons. */

import { h } from "../../lib/dom.js";
import { rowTypeName, t } from "../../lib/i18n.js";
import { COLUMNS, fieldInput, fieldName, fieldOfColumn, originalField, otherFields, showOriginal, tableCell } from "./cells.js";
import { connectionsField } from "./connections.js";
import { innerLists, keyOf, rowAt } from "./edit.js";

/** @import { EventOf, Field, Place, PlainRow, PlainTable, RowContext, RowTypes } from "../../lib/types.d.ts" */

/** The columns of a line: the name, COLUMNS, the buttons. */
export const COLUMN_COUNT = COLUMNS.length + 2;

/** @type {Field} */
const NAME = { name: "name", kind: "text", choices: [], default: null, required: true };

/**
 * @param {PlainTable} table
 * @param {RowContext} context
 * @returns {HTMLElement[]}
 */
export function tableLines(table, context) {
  return [
    ...linesOf(table.rows, ["rows"], 0, context),
    ...(table.heads ?? []).flatMap((head, i) => [
      headingLine(t("table.head", { name: head.name, after: head.after }), 0,
        smallButton("✕", t("table.remove", { row: head.name }), () => context.actions.remove(["heads", i]))),
      ...linesOf(head.rows, ["heads", i, "rows"], 0, context),
    ]),
  ];
}

/**
 * @param {PlainRow[]} rows
 * @param {Place} list
 * @param {number} depth
 * @param {RowContext} context
 * @returns {HTMLElement[]}
 */
const linesOf = (rows, list, depth, context) => rows.flatMap((row, i) => rowLines(row, [...list, i], depth, context));

/**
 * The lines of one row: its own, its other fields if they are shown, the rows inside it if it is open.
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {RowContext} context
 * @returns {HTMLElement[]}
 */
function rowLines(row, place, depth, context) {
  const { types, actions, updates } = context;
  const cells = COLUMNS.slice(1).map((column) =>
    tableCell(column, fieldOfColumn(types, row.type, column), row, place, actions.edit));
  const newMark = h("small", { class: "original" });
  const hasDetails = otherFields(types, row.type).length > 0;
  const head = h("th", { scope: "row", class: "layer" },
    h("span", { class: "indent" }, innerLists(row).length ? openButton(row, place, context) : null,
      fieldInput(NAME, row, place, actions.edit)), newMark);
  head.style.setProperty("--depth", String(depth));
  const setType = (/** @type {EventOf<HTMLSelectElement>} */ event) => actions.setType(place, event.target.value);
  const label = t("table.cell", { row: row.name, field: t("table.type") });
  const typeCell = h("td", { class: "column-type", "data-column": "type" }, h("span", { class: "pair" },
    h("select", { "data-cell": `${keyOf(place)}.type`, "aria-label": label, on: { change: setType } },
      Object.keys(types).map((type) => h("option", { value: type, selected: type === row.type }, rowTypeName(type)))),
    hasDetails ? detailsButton(row, place, context) : null));
  const line = h("tr", { class: "line", "data-place": keyOf(place) },
    head, typeCell, cells.map((cell) => cell.element), buttonsCell(row, place, context));
  updates.push((reports) => {
    const original = reports.original(place);
    head.classList.toggle("changed", !original);
    newMark.textContent = original ? "" : t("table.new");
    for (const cell of cells) cell.update(rowAt(reports.table, place), reports.report(place), original);
  });
  const details = hasDetails && context.details.has(keyOf(place)) ? [detailsLine(row, place, depth, context)] : [];
  return [line, ...details, ...innerLines(row, place, depth, context)];
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {RowContext} context
 * @returns {HTMLElement[]}
 */
function innerLines(row, place, depth, context) {
  if (!context.open.has(keyOf(place))) return [];
  const { actions } = context;
  const isConcat = row.type === "Concat";
  const lines = innerLists(row).flatMap((inner, i) => {
    const list = [...place, ...inner.place];
    const title = isConcat ? t("maps.branch", { number: i + 1 }) : t(inner.name === "body" ? "maps.body" : "maps.shortcut");
    const identity = inner.name === "shortcut" && inner.rows.length === 0 ? ` (${t("maps.identity")})` : "";
    return [
      headingLine(title + identity, depth + 1,
        addSelect(t("table.add.in", { list: `${row.name}, ${title}` }), (type) => actions.add([...list, 0], type), context.types),
        isConcat ? smallButton("✕", t("table.remove", { row: `${row.name}, ${title}` }), () => actions.remove(list)) : null),
      ...linesOf(inner.rows, list, depth + 1, context),
    ];
  });
  const addBranch = () => actions.addBranch([...place, "branches", (row.branches ?? []).length]);
  return isConcat ? [...lines, headingLine("", depth + 1, h("button", { on: { click: addBranch } }, t("table.add.branch")))] : lines;
}

/**
 * @param {string} title
 * @param {number} depth
 * @param {...(HTMLElement | null)} tools
 */
function headingLine(title, depth, ...tools) {
  const head = h("th", { scope: "rowgroup", colSpan: COLUMN_COUNT }, h("span", { class: "indent" }, h("span", {}, title), tools));
  head.style.setProperty("--depth", String(depth));
  return h("tr", { class: "part" }, head);
}

/**
 * The fields without a column.
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {RowContext} context
 */
function detailsLine(row, place, depth, context) {
  const inputs = otherFields(context.types, row.type).map((field) => {
    const previous = h("small", { class: "original" });
    const label = h("label", { class: "choice" }, h("span", {}, fieldName(field.name)),
      fieldInput(field, row, place, context.actions.edit), previous);
    context.updates.push((reports) =>
      showOriginal(label, previous, originalField(field, rowAt(reports.table, place), reports.original(place))));
    return label;
  });
  const connections = row.type === "Conv" ? connectionsField(place, context) : null;
  const cell = h("td", { colSpan: COLUMN_COUNT }, h("div", { class: "toolbar indent" }, inputs, connections));
  cell.style.setProperty("--depth", String(depth));
  return h("tr", { class: "details" }, cell);
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {RowContext} context
 */
function openButton(row, place, { open, actions }) {
  const isOpen = open.has(keyOf(place));
  return h("button", { class: "small", "aria-expanded": String(isOpen), "data-cell": `${keyOf(place)}.open`,
    "aria-label": t("table.open", { row: row.name }), on: { click: () => actions.toggle("open", place) } }, isOpen ? "▾" : "▸");
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {RowContext} context
 */
function detailsButton(row, place, { details, actions }) {
  return h("button", { class: "small", "aria-expanded": String(details.has(keyOf(place))), "data-cell": `${keyOf(place)}.details`,
    title: t("table.details"), "aria-label": `${row.name}: ${t("table.details")}`,
    on: { click: () => actions.toggle("details", place) } }, "⋯");
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {RowContext} context
 */
function buttonsCell(row, place, { actions, types }) {
  const below = [...place.slice(0, -1), Number(place.at(-1)) + 1];
  return h("td", {}, h("span", { class: "pair" },
    smallButton("↑", t("table.up", { row: row.name }), () => actions.move(place, -1), `${keyOf(place)}.up`),
    smallButton("↓", t("table.down", { row: row.name }), () => actions.move(place, 1), `${keyOf(place)}.down`),
    addSelect(t("table.add.after", { row: row.name }), (type) => actions.add(below, type), types),
    smallButton("✕", t("table.remove", { row: row.name }), () => actions.remove(place))));
}

/**
 * @param {string} sign
 * @param {string} label
 * @param {() => void} click
 * @param {string} [cell]
 */
const smallButton = (sign, label, click, cell) =>
  h("button", { class: "small", title: label, "aria-label": label, "data-cell": cell, on: { click } }, sign);

/**
 * A list of row types; choosing one adds a row.
 * @param {string} label
 * @param {(type: string) => void} add
 * @param {RowTypes} types
 */
function addSelect(label, add, types) {
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => add(event.target.value);
  return h("select", { class: "small", "aria-label": label, title: label, on: { change } },
    h("option", { value: "" }, "+"), Object.keys(types).map((type) => h("option", { value: type }, rowTypeName(type))));
}
