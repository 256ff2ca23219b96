/** The lines of the table: a line for each row, those inside a combinator indented below it, with their buttons. */

import { h, setText } from "../../lib/dom.js";
import { rowTypeName, t } from "../../lib/i18n.js";
import { COLUMNS, fieldInput, fieldName, fieldOfColumn, originalField, otherFields, showOriginal, tableCell } from "./cells.js";
import { connectionsField } from "./connections.js";
import { innerLists, keyOf, rowAt } from "./edit.js";

/** @import { EventOf, Field, Line, LineRecipe, Place, PlainRow, PlainTable } from "../../lib/types.d.ts" */
/** @import { RowContext, RowTypes, Spot } from "../../lib/types.d.ts" */

/** @type {Field} */
const NAME = { name: "name", kind: "text", choices: [], default: null, required: true };

/**
 * What the lines of a table are built from, in order.
 * @param {PlainTable} table
 * @param {RowContext} context
 * @returns {LineRecipe[]}
 */
export function lineRecipes(table, context) {
  const remove = (/** @type {Spot} */ spot) => context.actions.remove(spot.place);
  return [
    ...recipesOf(table.rows, ["rows"], "", 0, context),
    ...(table.heads ?? []).flatMap((head, i) => [
      heading(t("table.head", { name: head.name, after: head.after }), ["heads", i], head.name, 0, (spot) =>
        [smallButton("✕", t("table.remove", { row: head.name }), () => remove(spot))]),
      ...recipesOf(head.rows, ["heads", i, "rows"], `${head.name}.`, 0, context),
    ]),
  ];
}

/**
 * @param {PlainRow[]} rows
 * @param {Place} list
 * @param {string} prefix of the rows' paths
 * @param {number} depth
 * @param {RowContext} context
 * @returns {LineRecipe[]}
 */
function recipesOf(rows, list, prefix, depth, context) {
  return rows.flatMap((row, i) => {
    const place = [...list, i];
    const [path, isOpen] = [prefix + row.name, context.open.has(keyOf(place))];
    const hasDetails = otherFields(context.types, row.type).length > 0;
    const detailed = hasDetails && context.details.has(keyOf(place));
    const inner = isOpen ? innerRecipes(row, place, path, depth + 1, context) : [];
    return [
      { key: `${path} ${row.type} ${depth} ${isOpen} ${detailed}`, place, build: (/** @type {Spot} */ spot) =>
        rowLine(row, spot, depth, { ...context, isOpen, hasDetails, detailed }) },
      ...(detailed ? [{ key: `${path} ${row.type} ${depth} fields`, place, build: (/** @type {Spot} */ spot) =>
        detailsLine(row, spot, depth, context) }] : []),
      ...inner,
    ];
  });
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {string} path
 * @param {number} depth
 * @param {RowContext} context
 * @returns {LineRecipe[]}
 */
function innerRecipes(row, place, path, depth, context) {
  const { actions, types } = context;
  const isConcat = row.type === "Concat";
  const lines = innerLists(row).flatMap((inner, i) => {
    const list = [...place, ...inner.place];
    const title = isConcat ? t("maps.branch", { number: i + 1 }) : t(inner.name === "body" ? "maps.body" : "maps.shortcut");
    const identity = inner.name === "shortcut" && inner.rows.length === 0 ? ` (${t("maps.identity")})` : "";
    const name = `${row.name}, ${title}`;
    return [
      heading(title + identity, list, path, depth, (spot) => [
        addSelect(t("table.add.in", { list: name }), (type) => actions.add([...spot.place, 0], type), types),
        isConcat ? smallButton("✕", t("table.remove", { row: name }), () => actions.remove(spot.place)) : null]),
      ...recipesOf(inner.rows, list, `${path}.${inner.name}.`, depth, context),
    ];
  });
  const next = [...place, "branches", (row.branches ?? []).length];
  return isConcat ? [...lines, heading("", next, path, depth, (spot) =>
    [h("button", { on: { click: () => actions.addBranch(spot.place) } }, t("table.add.branch"))])] : lines;
}

/**
 * @param {string} title
 * @param {Place} place
 * @param {string} path of the row around it
 * @param {number} depth
 * @param {(spot: Spot) => (HTMLElement | null)[]} tools
 * @returns {LineRecipe}
 */
function heading(title, place, path, depth, tools) {
  return { key: `${path} ${depth} heading ${title}`, place, build(spot) {
    const head = h("th", { role: "rowheader", class: "whole" }, h("span", { class: "indent" }, h("span", {}, title), tools(spot)));
    head.style.setProperty("--depth", String(depth));
    return { element: h("tr", { role: "row", class: "part" }, head) };
  } };
}

/**
 * The line of one row.
 * @param {PlainRow} row
 * @param {Spot} spot
 * @param {number} depth
 * @param {RowContext & { isOpen: boolean, hasDetails: boolean, detailed: boolean }} context
 * @returns {Line}
 */
function rowLine(row, spot, depth, { types, actions, isOpen, hasDetails, detailed }) {
  const cells = COLUMNS.slice(1).map((column) =>
    tableCell(column, fieldOfColumn(types, row.type, column), row, spot, actions.edit));
  const newMark = h("small", { class: "original" });
  const name = fieldInput(NAME, row, spot, actions.edit);
  const head = h("th", { role: "rowheader", scope: "row", class: "layer" },
    h("span", { class: "indent" },
      innerLists(row).length ? toggleButton("open", isOpen ? "▾" : "▸", t("table.open", { row: row.name }), isOpen,
        () => actions.toggle("open", spot.place)) : null,
      name.element), newMark);
  head.style.setProperty("--depth", String(depth));
  const typeSelect = h("select", { "data-field": "type", "aria-label": t("table.cell", { row: row.name, field: t("table.type") }),
    on: { change: (/** @type {EventOf<HTMLSelectElement>} */ event) => actions.setType(spot.place, event.target.value) } },
  typeOptions(types));
  typeSelect.value = row.type;
  const typeCell = h("td", { role: "cell", class: "column-type", "data-column": "type" }, h("span", { class: "pair" }, typeSelect,
    hasDetails ? toggleButton("details", "⋯", `${row.name}: ${t("table.details")}`, detailed,
      () => actions.toggle("details", spot.place)) : null));
  return {
    element: h("tr", { role: "row", class: "line" }, head, typeCell, cells.map((cell) => cell.element),
      buttonsCell(row, spot, { actions, types })),
    update(reports) {
      const [present, report, original] = [rowAt(reports.table, spot.place), reports.report(spot.place), reports.original(spot.place)];
      head.classList.toggle("changed", !original);
      setText(newMark, original ? "" : t("table.new"));
      name.show(present);
      for (const cell of cells) cell.update(present, report, original);
    },
  };
}

/**
 * The fields without a column.
 * @param {PlainRow} row
 * @param {Spot} spot
 * @param {number} depth
 * @param {RowContext} context
 * @returns {Line}
 */
function detailsLine(row, spot, depth, { types, actions }) {
  const fields = otherFields(types, row.type).map((field) => {
    const previous = h("small", { class: "original" });
    const input = fieldInput(field, row, spot, actions.edit);
    const label = h("label", { class: "choice" }, h("span", {}, fieldName(field.name)), input.element, previous);
    return { field, previous, input, label };
  });
  const connections = row.type === "Conv" ? connectionsField(spot, actions) : null;
  const cell = h("td", { role: "cell", class: "whole" }, h("div", { class: "toolbar indent" },
    fields.map(({ label }) => label), connections?.element));
  cell.style.setProperty("--depth", String(depth));
  return {
    element: h("tr", { role: "row", class: "details" }, cell),
    update(reports) {
      const [present, original] = [rowAt(reports.table, spot.place), reports.original(spot.place)];
      for (const { field, previous, input, label } of fields) {
        input.show(present);
        showOriginal(label, previous, originalField(field, present, original));
      }
      connections?.update(reports);
    },
  };
}

/**
 * @param {string} field
 * @param {string} sign
 * @param {string} label
 * @param {boolean} isOpen
 * @param {() => void} click
 */
const toggleButton = (field, sign, label, isOpen, click) =>
  h("button", { class: "small", "aria-expanded": String(isOpen), "data-field": field, "aria-label": label, title: label,
    on: { click } }, sign);

/**
 * @param {PlainRow} row
 * @param {Spot} spot
 * @param {Pick<RowContext, "actions" | "types">} context
 */
function buttonsCell(row, spot, { actions, types }) {
  const below = () => [...spot.place.slice(0, -1), Number(spot.place[spot.place.length - 1]) + 1];
  return h("td", { role: "cell" }, h("span", { class: "pair" },
    smallButton("↑", t("table.up", { row: row.name }), () => actions.move(spot.place, -1), "up"),
    smallButton("↓", t("table.down", { row: row.name }), () => actions.move(spot.place, 1), "down"),
    addSelect(t("table.add.after", { row: row.name }), (type) => actions.add(below(), type), types),
    smallButton("✕", t("table.remove", { row: row.name }), () => actions.remove(spot.place))));
}

/**
 * @param {string} sign
 * @param {string} label
 * @param {() => void} click
 * @param {string} [field]
 */
const smallButton = (sign, label, click, field) =>
  h("button", { class: "small", title: label, "aria-label": label, "data-field": field, on: { click } }, sign);

/**
 * A list of row types; choosing one adds a row.
 * @param {string} label
 * @param {(type: string) => void} add
 * @param {RowTypes} types
 */
function addSelect(label, add, types) {
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => {
    const type = event.target.value;
    event.target.value = "";
    add(type);
  };
  return h("select", { class: "small", "aria-label": label, title: label, on: { change } },
    h("option", { value: "" }, "+"), typeOptions(types));
}

/** The options of all row types, made once for each language and copied: a large table has thousands. @param {RowTypes} types */
function typeOptions(types) {
  const names = Object.keys(types).map(rowTypeName);
  if (names.join() !== madeFor) {
    madeFor = names.join();
    options.replaceChildren(...Object.keys(types).map((type, i) => h("option", { value: type }, names[i])));
  }
  return options.cloneNode(true);
}

let madeFor = "";
const options = document.createDocumentFragment();
