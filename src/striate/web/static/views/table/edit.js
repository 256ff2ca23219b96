/** Edits of a table as plain data. An edit returns another table and leaves the first as it is, so that undo can restore it. */

/** @import { Field, FieldValue, Place, PlacedRow, PlainRow, PlainTable } from "../../lib/types.d.ts" */

/** @param {Place} place */
export const keyOf = (place) => place.join(".");

/**
 * @param {unknown} value
 * @param {Place} place
 * @returns {unknown} undefined if there is nothing
 */
export const getAt = (value, place) =>
  place.reduce((part, name) => /** @type {Record<string | number, unknown> | undefined} */ (part)?.[name], value);

/**
 * @param {PlainTable} table
 * @param {Place} place
 */
export const rowAt = (table, place) => /** @type {PlainRow} */ (getAt(table, place));

/**
 * @param {PlainTable} table
 * @param {Place} place
 */
export const rowsAt = (table, place) => /** @type {PlainRow[]} */ (getAt(table, place) ?? []);

/**
 * A copy with another value at a place; undefined removes the field.
 * @template T
 * @param {T} value
 * @param {Place} place
 * @param {unknown} replacement
 * @returns {T}
 */
export function putAt(value, place, replacement) {
  if (place.length === 0) return /** @type {T} */ (replacement);
  const [name, ...rest] = place;
  const copy = /** @type {Record<string | number, unknown>} */ (Array.isArray(value) ? [...value] : { ...value });
  copy[name] = putAt(copy[name], rest, replacement);
  if (copy[name] === undefined) delete copy[name];
  return /** @type {T} */ (copy);
}

/**
 * A copy with a change in the list that holds a row, a branch or a head.
 * @param {PlainTable} table
 * @param {Place} place
 * @param {(list: unknown[], index: number) => unknown[]} change
 * @returns {PlainTable}
 */
function changeList(table, place, change) {
  const list = place.slice(0, -1);
  return putAt(table, list, change([.../** @type {unknown[]} */ (getAt(table, list))], Number(place[place.length - 1])));
}

/**
 * @param {PlainTable} table
 * @param {Place} place
 */
export const removeAt = (table, place) => changeList(table, place, (list, index) => [...list.slice(0, index), ...list.slice(index + 1)]);

/**
 * Insert a row or a branch before the one at this place.
 * @param {PlainTable} table
 * @param {Place} place
 * @param {PlainRow | PlainRow[]} inserted
 */
export const insertAt = (table, place, inserted) =>
  changeList(table, place, (list, index) => [...list.slice(0, index), inserted, ...list.slice(index)]);

/**
 * Move a row within its list; null if the list ends.
 * @param {PlainTable} table
 * @param {Place} place
 * @param {number} by
 * @returns {{ table: PlainTable, place: Place } | null}
 */
export function moveRow(table, place, by) {
  const list = place.slice(0, -1);
  const index = Number(place[place.length - 1]) + by;
  const row = getAt(table, place);
  if (index < 0 || index >= rowsAt(table, list).length) return null;
  const moved = changeList(table, place, (rows, from) => {
    const others = [...rows.slice(0, from), ...rows.slice(from + 1)];
    return [...others.slice(0, index), row, ...others.slice(index)];
  });
  return { table: moved, place: [...list, index] };
}

/**
 * The lists of rows inside a combinator, with their names in a path; none in any other row.
 * @param {PlainRow} row
 * @returns {{ rows: PlainRow[], place: Place, name: string }[]}
 */
export function innerLists(row) {
  if (row.type === "Concat") {
    return (row.branches ?? []).map((rows, i) => ({ rows, place: ["branches", i], name: `branch${i + 1}` }));
  }
  if (row.type !== "Add") return [];
  return [
    { rows: row.body ?? [], place: ["body"], name: "body" },
    { rows: row.shortcut ?? [], place: ["shortcut"], name: "shortcut" },
  ];
}

/**
 * Every row with its place and its path, from the top down, those of the heads last.
 * @param {PlainTable} table
 * @returns {PlacedRow[]}
 */
export function flattenTable(table) {
  return [
    ...flattenRows(table.rows, ["rows"], ""),
    ...(table.heads ?? []).flatMap((head, i) => flattenRows(head.rows, ["heads", i, "rows"], `${head.name}.`)),
  ];
}

/**
 * @param {PlainRow[]} rows
 * @param {Place} list
 * @param {string} prefix
 * @returns {PlacedRow[]}
 */
function flattenRows(rows, list, prefix) {
  return rows.flatMap((row, i) => {
    const placed = { row, place: [...list, i], path: prefix + row.name };
    return [placed, ...innerLists(row).flatMap((inner) =>
      flattenRows(inner.rows, [...placed.place, ...inner.place], `${placed.path}.${inner.name}.`))];
  });
}

/**
 * A row of another type, with the fields that both types have.
 * @param {PlainRow} row
 * @param {PlainRow} fresh
 * @param {Field[]} fields
 * @returns {PlainRow}
 */
export function convertRow(row, fresh, fields) {
  const common = fields.filter(({ name, kind }) => kind !== "parts" && row[name] !== undefined).map(({ name }) => [name, row[name]]);
  return { ...fresh, ...Object.fromEntries(common) };
}

/**
 * A new row with a name that is free in its list; an identity or a shortcut unit gets the number of maps before it.
 * @param {PlainRow} fresh
 * @param {PlainRow[]} siblings
 * @param {number | undefined} maps
 * @returns {PlainRow}
 */
export function nameRow(fresh, siblings, maps) {
  const taken = new Set(siblings.map((row) => row.name));
  let { name } = fresh;
  for (let i = 2; taken.has(name); i++) name = `${fresh.name}${i}`;
  if (maps === undefined) return { ...fresh, name };
  if (fresh.type === "Identity") return { ...fresh, name, maps };
  if (fresh.type === "Add") return { ...fresh, name, body: (fresh.body ?? []).map((row) => ({ ...row, maps })) };
  return { ...fresh, name };
}

/**
 * The table for another number of classes: the units of its last row, and of each head's.
 * @param {PlainTable} table
 * @param {FieldValue | undefined} units
 * @returns {PlainTable}
 */
export function withClasses(table, units) {
  const changed = putAt(table, ["rows", table.rows.length - 1, "units"], units);
  return (table.heads ?? []).reduce((all, head, i) => putAt(all, ["heads", i, "rows", head.rows.length - 1, "units"], units), changed);
}
