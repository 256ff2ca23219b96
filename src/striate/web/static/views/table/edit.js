/** A table as plain data, and what an edit makes of it: always another one, so that undo is going back to the one before. */

/** @typedef {import("../../lib/edited.js").PlainTable} PlainTable */
/** @typedef {Record<string, any> & { type: string, name: string }} PlainRow */
/** @typedef {(string | number)[]} Place keys from the table down: ["rows", 7, "branches", 0, 1, "kernel"] */
/** @typedef {{ name: string, kind: string, choices: (string | null)[], default: any, required: boolean }} Field */
/** @typedef {Record<string, { fields: Field[], fresh: PlainRow }>} Kinds */
/** @typedef {{ row: PlainRow, place: Place, path: string, depth: number }} Found */

/** @param {Place} place */
export const key = (place) => place.join(".");

/**
 * @param {any} value
 * @param {Place} place
 * @returns {any}
 */
export const at = (value, place) => place.reduce((part, name) => part?.[name], value);

/**
 * The same table with something else at a place; undefined takes out the field.
 * @template T
 * @param {T} value
 * @param {Place} place
 * @param {any} fresh
 * @returns {T}
 */
export function put(value, place, fresh) {
  if (place.length === 0) return fresh;
  const [name, ...rest] = place;
  const copy = /** @type {any} */ (Array.isArray(value) ? [...value] : { ...value });
  copy[name] = put(copy[name], rest, fresh);
  if (copy[name] === undefined) delete copy[name];
  return copy;
}

/**
 * The list that a row stands in, changed.
 * @param {PlainTable} table
 * @param {Place} place of the row
 * @param {(rows: any[], index: number) => any[]} change
 * @returns {PlainTable}
 */
function inList(table, place, change) {
  const list = place.slice(0, -1);
  return put(table, list, change([...at(table, list)], Number(place.at(-1))));
}

/**
 * @param {PlainTable} table
 * @param {Place} place
 */
export const removed = (table, place) => inList(table, place, (rows, index) => rows.toSpliced(index, 1));

/**
 * Another row (or branch) put where this place is, what stands there behind it.
 * @param {PlainTable} table
 * @param {Place} place
 * @param {any} row
 */
export const inserted = (table, place, row) => inList(table, place, (rows, index) => rows.toSpliced(index, 0, row));

/**
 * A row some places further down its list, or null where the list ends.
 * @param {PlainTable} table
 * @param {Place} place
 * @param {number} by
 * @returns {{ table: PlainTable, place: Place } | null}
 */
export function moved(table, place, by) {
  const index = Number(place.at(-1)) + by;
  const row = at(table, place);
  if (index < 0 || index >= at(table, place.slice(0, -1)).length) return null;
  const changed = inList(table, place, (rows, from) => rows.toSpliced(from, 1).toSpliced(index, 0, row));
  return { table: changed, place: [...place.slice(0, -1), index] };
}

/**
 * The lists of rows inside a row, with what they are called in a path.
 * @param {PlainRow} row
 * @returns {{ rows: PlainRow[], place: Place, name: string }[]}
 */
export function lists(row) {
  if (row.type === "Concat") {
    const branches = /** @type {PlainRow[][]} */ (row.branches);
    return branches.map((rows, i) => ({ rows, place: ["branches", i], name: `branch${i + 1}` }));
  }
  if (row.type !== "Add") return [];
  return ["body", "shortcut"].map((name) => ({ rows: row[name] ?? [], place: [name], name }));
}

/**
 * Every row with its place and its path, from the top down, heads last.
 * @param {PlainTable} table
 * @returns {Found[]}
 */
export function every(table) {
  const heads = /** @type {any[]} */ (table.heads ?? []);
  return [
    ...within(table.rows, ["rows"], "", 0),
    ...heads.flatMap((head, i) => within(head.rows, ["heads", i, "rows"], `${head.name}.`, 0)),
  ];
}

/**
 * @param {PlainRow[]} rows
 * @param {Place} place
 * @param {string} prefix
 * @param {number} depth
 * @returns {Found[]}
 */
function within(rows, place, prefix, depth) {
  return rows.flatMap((row, i) => {
    const found = { row, place: [...place, i], path: prefix + row.name, depth };
    return [found, ...lists(row).flatMap((list) =>
      within(list.rows, [...found.place, ...list.place], `${found.path}.${list.name}.`, depth + 1))];
  });
}

/**
 * A row of another kind, with what it has in common with the one before.
 * @param {PlainRow} row
 * @param {PlainRow} fresh
 * @param {Field[]} fields
 * @returns {PlainRow}
 */
export function converted(row, fresh, fields) {
  const kept = fields.filter(({ name, kind }) => kind !== "parts" && row[name] !== undefined).map(({ name }) => [name, row[name]]);
  return { ...fresh, ...Object.fromEntries(kept) };
}

/**
 * A fresh row with a name that is free in its list; a shortcut's rows get as many maps as come in.
 * @param {PlainRow} fresh
 * @param {PlainRow[]} beside
 * @param {number | undefined} maps
 * @returns {PlainRow}
 */
export function named(fresh, beside, maps) {
  const taken = new Set(beside.map((row) => row.name));
  let name = fresh.name;
  for (let i = 2; taken.has(name); i++) name = `${fresh.name}${i}`;
  if (maps === undefined) return { ...fresh, name };
  if (fresh.type === "Identity") return { ...fresh, name, maps };
  if (fresh.type === "Add") return { ...fresh, name, body: fresh.body.map((/** @type {PlainRow} */ row) => ({ ...row, maps })) };
  return { ...fresh, name };
}

/**
 * The table for another number of classes: the last row's units, and those of each head's.
 * @param {PlainTable} table
 * @param {any} units
 * @returns {PlainTable}
 */
export function withClasses(table, units) {
  const heads = /** @type {any[]} */ (table.heads ?? []);
  const changed = put(table, ["rows", table.rows.length - 1, "units"], units);
  return heads.reduce((now, head, i) => put(now, ["heads", i, "rows", head.rows.length - 1, "units"], units), changed);
}
