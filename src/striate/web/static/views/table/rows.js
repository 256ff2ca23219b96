/** The rows of the table on the page: those inside a combinator indented below it, each with what can be done to it. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { COLUMNS, cell, control, fieldBefore, fieldIn, fieldWord, mark, otherFields, typeWord } from "./cells.js";
import { connections } from "./connections.js";
import { at, key, lists } from "./edit.js";

/** @typedef {import("./edit.js").Place} Place */
/** @typedef {import("./edit.js").PlainRow} PlainRow */
/** @typedef {import("./edit.js").PlainTable} PlainTable */
/** @typedef {import("./edit.js").Kinds} Kinds */
/** @typedef {import("./cells.js").Told} Told */
/** @typedef {import("./cells.js").Original} Original */
/** @typedef {{ table: PlainTable, told: (place: Place) => Told | undefined, original: (place: Place) => Original }} Now */
/**
 * @typedef {{
 *   edit: (place: Place, value: any) => void, set: (place: Place, value: any) => void,
 *   retype: (place: Place, type: string) => void, move: (place: Place, by: number) => void, remove: (place: Place) => void,
 *   add: (place: Place, type: string) => void, addBranch: (place: Place) => void,
 *   toggle: (what: "open" | "more", place: Place) => void,
 * }} Act
 */
/** @typedef {{ kinds: Kinds, act: Act, open: Set<string>, more: Set<string>, updates: ((now: Now) => void)[] }} Context */

/** How many columns a line has that goes over all of them. */
export const SPAN = COLUMNS.length + 2;

/**
 * All lines of a table.
 * @param {PlainTable} table
 * @param {Context} context
 * @returns {HTMLElement[]}
 */
export function lines(table, context) {
  const heads = /** @type {any[]} */ (table.heads ?? []);
  return [
    ...rowsOf(table.rows, ["rows"], 0, context),
    ...heads.flatMap((head, i) => [
      heading(t("table.head", { name: head.name, after: head.after }), 0,
        button("✕", t("table.remove", { row: head.name }), () => context.act.remove(["heads", i]))),
      ...rowsOf(head.rows, ["heads", i, "rows"], 0, context),
    ]),
  ];
}

/**
 * @param {PlainRow[]} rows
 * @param {Place} place
 * @param {number} depth
 * @param {Context} context
 * @returns {HTMLElement[]}
 */
const rowsOf = (rows, place, depth, context) => rows.flatMap((row, i) => line(row, [...place, i], depth, context));

/**
 * The lines of one row: its own, its other fields if they are asked for, those inside it if it is open.
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {Context} context
 * @returns {HTMLElement[]}
 */
function line(row, place, depth, context) {
  const { kinds, act, updates } = context;
  const cells = COLUMNS.slice(1).map((column) => cell(column, fieldIn(kinds, row.type, column), row, place, act.edit));
  const fresh = h("small", { class: "was" });
  const more = otherFields(kinds, row.type).length > 0;
  const name = { name: "name", kind: "text", choices: [], default: null, required: true };
  const head = h("th", { scope: "row", class: "layer" },
    h("span", { class: "indent" }, lists(row).length ? toggle(row, place, context) : null, control(name, row, place, act.edit)), fresh);
  head.style.setProperty("--depth", String(depth));
  const retype = (/** @type {any} */ event) => act.retype(place, event.target.value);
  const label = t("table.cell", { row: row.name, field: t("table.type") });
  const kind = h("td", { class: "column-type", "data-column": "type" }, h("span", { class: "pair" },
    h("select", { "data-cell": `${key(place)}.type`, "aria-label": label, on: { change: retype } },
      Object.keys(kinds).map((type) => h("option", { value: type, selected: type === row.type }, typeWord(type)))),
    more ? detailsButton(row, place, context) : null));
  const element = h("tr", { class: "line", "data-place": key(place) },
    head, kind, cells.map((one) => one.element), actions(row, place, context));
  updates.push((now) => {
    const original = now.original(place);
    head.classList.toggle("changed", !original);
    fresh.textContent = original ? "" : t("table.new");
    for (const one of cells) one.update(at(now.table, place), now.told(place), original);
  });
  const below = more && context.more.has(key(place)) ? [details(row, place, depth, context)] : [];
  return [element, ...below, ...inside(row, place, depth, context)];
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {Context} context
 * @returns {HTMLElement[]}
 */
function inside(row, place, depth, context) {
  if (!context.open.has(key(place))) return [];
  const { act } = context;
  const branches = row.type === "Concat";
  const found = lists(row).flatMap((list, i) => {
    const own = [...place, ...list.place];
    const title = branches ? t("table.branch", { number: i + 1 }) : t(list.name === "body" ? "table.body" : "table.shortcut");
    const identity = list.name === "shortcut" && list.rows.length === 0 ? ` ${t("table.identity")}` : "";
    return [
      heading(title + identity, depth + 1,
        adder(t("table.add.in", { list: `${row.name}, ${title}` }), (type) => act.add([...own, 0], type), context.kinds),
        branches ? button("✕", t("table.remove", { row: `${row.name}, ${title}` }), () => act.remove(own)) : null),
      ...rowsOf(list.rows, own, depth + 1, context),
    ];
  });
  const another = () => act.addBranch([...place, "branches", row.branches.length]);
  return branches ? [...found, heading("", depth + 1, h("button", { on: { click: another } }, t("table.add.branch")))] : found;
}

/**
 * @param {string} title
 * @param {number} depth
 * @param {...(HTMLElement | null)} tools
 */
function heading(title, depth, ...tools) {
  const head = h("th", { scope: "rowgroup", colSpan: SPAN }, h("span", { class: "indent" }, h("span", {}, title), tools));
  head.style.setProperty("--depth", String(depth));
  return h("tr", { class: "part" }, head);
}

/**
 * The fields that have no column.
 * @param {PlainRow} row
 * @param {Place} place
 * @param {number} depth
 * @param {Context} context
 */
function details(row, place, depth, context) {
  const fields = otherFields(context.kinds, row.type);
  const boxes = fields.map((field) => {
    const was = h("small", { class: "was" });
    const box = h("label", { class: "choice" }, h("span", {}, fieldWord(field.name)), control(field, row, place, context.act.edit), was);
    context.updates.push((now) => {
      const before = fieldBefore(field, at(now.table, place), now.original(place));
      mark(box, was, before !== null, before ?? "");
    });
    return box;
  });
  const pairs = row.type === "Conv" ? connections(place, context) : null;
  const cell = h("td", { colSpan: SPAN }, h("div", { class: "tools indent" }, boxes, pairs));
  cell.style.setProperty("--depth", String(depth));
  return h("tr", { class: "details", id: `more-${key(place)}` }, cell);
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {Context} context
 */
function toggle(row, place, { open, act }) {
  const shown = open.has(key(place));
  return h("button", { class: "small", "aria-expanded": String(shown), "data-cell": `${key(place)}.open`,
    "aria-label": t("table.open", { row: row.name }), on: { click: () => act.toggle("open", place) } }, shown ? "▾" : "▸");
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {Context} context
 */
function detailsButton(row, place, { more, act }) {
  return h("button", { class: "small", "aria-expanded": String(more.has(key(place))), "data-cell": `${key(place)}.more`,
    title: t("table.more"), "aria-label": `${row.name}: ${t("table.more")}`, on: { click: () => act.toggle("more", place) } }, "⋯");
}

/**
 * @param {PlainRow} row
 * @param {Place} place
 * @param {Context} context
 */
function actions(row, place, { act, kinds }) {
  const below = [...place.slice(0, -1), Number(place.at(-1)) + 1];
  return h("td", { class: "actions" }, h("span", { class: "pair" },
    button("↑", t("table.up", { row: row.name }), () => act.move(place, -1), `${key(place)}.up`),
    button("↓", t("table.down", { row: row.name }), () => act.move(place, 1), `${key(place)}.down`),
    adder(t("table.add.after", { row: row.name }), (type) => act.add(below, type), kinds),
    button("✕", t("table.remove", { row: row.name }), () => act.remove(place))));
}

/**
 * @param {string} sign
 * @param {string} label
 * @param {() => void} click
 * @param {string} [cell]
 */
const button = (sign, label, click, cell) =>
  h("button", { class: "small", title: label, "aria-label": label, "data-cell": cell, on: { click } }, sign);

/**
 * A choice of kinds of rows; choosing one adds it.
 * @param {string} label
 * @param {(type: string) => void} add
 * @param {Kinds} kinds
 */
export function adder(label, add, kinds) {
  const choose = (/** @type {any} */ event) => add(event.target.value);
  return h("select", { class: "small", "aria-label": label, title: label, on: { change: choose } },
    h("option", { value: "" }, "+"), Object.keys(kinds).map((type) => h("option", { value: type }, typeWord(type))));
}
