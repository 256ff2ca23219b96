/**
 * The single changes that would make an impossible table possible, found by trial; striate/analysis/suggestions.py. The trials are its
 * trials, in its order.
 */

import { planRows } from "../../engine/plan.js";
import { TableError } from "../../engine/table-error.js";
import { placesOf } from "./report.js";
import { checkRow } from "./row-rules.js";
import { isEqual } from "./schema.js";
import { planOf, tableFromDict } from "./table.js";

/** @import { Row, Shape } from "../../engine/types.d.ts" */
/** @import { Schema } from "./schema.js" */
/** @import { Fix, Place, Table } from "./types.d.ts" */

const ROWS_CHECKED = 60_000; // the limit of the search
const NEAR = 12, FARTHEST = 4096; // the nearest values on either side are all tried; farther ones in steps that double
const LETTERS = 90; // of a generated name
const PARTS = new Map(/** @type {[string | number, string][]} */ ([["preprocessing", "Preprocessing"], ["recipe", "Recipe"]]));
const COMBINED = ["branches", "body", "shortcut"];

/** @param {any} value @param {Place} place @returns {any} */
const valueAt = (value, place) => place.reduce((part, key) => part[key], value);

/**
 * The same table with another value at a place; TableError if no row can have it.
 * @param {any} value
 * @param {Place} place
 * @param {unknown} fresh
 * @returns {any}
 */
function replaceAt(value, [key, ...rest], fresh) {
  if (key === undefined) return fresh;
  const changed = replaceAt(value[key], rest, fresh);
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? changed : item));
  const made = { ...value, [key]: changed };
  if (typeof key === "string" && made.type) checkRow(made);
  return made;
}

/** @param {Schema} schema @param {Table} table @returns {Fix[]} */
export function suggestFixes(schema, table) {
  const fault = faultOf(() => planOf(table));
  if (!fault) return [];
  const search = new Search(schema, table, fault.place);
  for (const whole of [true, false]) {
    for (const group of search.groups()) {
      const found = group.flatMap((place) => search.around(place, whole));
      if (found.length) return [...found, ...search.around(["input"], whole)];
    }
    const found = search.around(["input"], whole);
    if (found.length) return found;
  }
  return [];
}

/**
 * What would do in the place of a field's value that no row can have, in a table as plain data.
 * @param {Schema} schema
 * @param {any} data
 * @param {Place} place
 * @returns {Fix[]}
 */
export function suggestValues(schema, data, place) {
  const [row, field] = [place.slice(0, -1), place[place.length - 1]];
  const { [field]: present, ...others } = valueAt(data, row);
  const numbers = [present].flat();
  const choices = numbers.length && numbers.every(Number.isInteger) ? [Math.max(...numbers), 1, 0] : [];
  const put = (/** @type {unknown} */ fields) => putAt(data, row, fields);
  for (const plain of [...choices.map((choice) => put({ ...others, [field]: choice })), put(others)]) { // the last with its default
    try {
      const table = tableFromDict(schema, plain, "table");
      const value = schema.toDict(fieldAt(schema, table, place).type, valueAt(table, place));
      return [{ place, value, bound: choices.length ? "least" : null, whole: !faultOf(() => planOf(table)) }];
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
    }
  }
  return [];
}

/** The same plain data with something else at a place. @param {any} data @param {Place} place @param {unknown} fresh @returns {any} */
function putAt(data, [key, ...rest], fresh) {
  if (key === undefined) return fresh;
  const changed = putAt(data[key], rest, fresh);
  return Array.isArray(data) ? data.map((item, index) => (index === key ? changed : item)) : { ...data, [key]: changed };
}

/** The TableError of some work, if it ends with one. @param {() => unknown} work */
function faultOf(work) {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof TableError) return error;
    throw error;
  }
}

/** The search for one impossible table and its first error. A trial is checked from the row before the error on. */
class Search {
  /** @param {Schema} schema @param {Table} table @param {Place} place */
  constructor(schema, table, place) {
    const places = placesOf(table.rows);
    this.schema = schema;
    this.table = table;
    this.place = place;
    this.order = new Map(places.map((where, index) => [where.join(), index]));
    this.left = ROWS_CHECKED;
    this.start = place[0] === "rows" ? Math.max(0, Number(place[1]) - 1) : 0;
    this.first = Math.max(0, places.findIndex((where) => where[1] === this.start));
    this.last = table.rows[table.rows.length - 1];
    const before = this.start ? planRows(table.rows.slice(0, this.start), table.input, this.last) : [];
    /** @type {Shape} */
    this.shape = before.length ? before[before.length - 1].output : table.input;
  }

  /** Groups of fields that are tried together, the most likely first. @returns {Place[][]} */
  groups() {
    const { place, table, schema } = this;
    const last = place[place.length - 1];
    const isRow = typeof last === "number" && place[place.length - 2] !== "heads";
    const settings = [["towers"], ["heads"], ["initialization"]];
    return [
      ...(isRow ? [this.#fields(place)] : []),
      ...(isRow && last > 0 ? [this.#fields([...place.slice(0, -1), last - 1])] : []),
      [
        ...settings, ...Object.keys(table.preprocessing).map((field) => ["preprocessing", field]),
        ...schema.fieldNames("Recipe").map((field) => ["recipe", field]),
      ],
      [["preprocessing"], ["recipe"]],
    ];
  }

  /** The values of one field that fit, nearest to the present one. @param {Place} place @param {boolean} whole @returns {Fix[]} */
  around(place, whole) {
    if (this.left <= 0) return [];
    const value = valueAt(this.table, place);
    /** @type {Fix[]} */
    const fixes = [];
    for (const choice of this.#choices(place, value)) {
      if (this.#isPossible(place, choice, whole)) fixes.push({ place, value: this.#plain(place, choice), bound: null, whole });
    }
    const own = this.#number(place, value);
    if (own === null) return fixes;
    const least = place[place.length - 1] === "padding" ? 0 : 1;
    const made = (/** @type {number} */ number) => (place[0] !== "input" ? number
      : [value[0], ...value.slice(1).map((/** @type {number} */ side) => Math.max(1, side + number - own))]);
    const fits = (/** @type {number} */ number) => this.#isPossible(place, made(number), whole);
    if (own > least) {
      const below = nearest(Math.min(own, FARTHEST + 1), least, fits);
      if (below !== null) fixes.push({ place, value: made(below), bound: sample(least, below).every(fits) ? "most" : null, whole });
    }
    const above = nearest(own, FARTHEST, fits);
    if (above !== null) {
      fixes.push({ place, value: made(above), bound: sample(above + 1, 2 * above + 2).every(fits) ? "least" : null, whole });
    }
    return fixes;
  }

  /** A value of a field as plain data. @param {Place} place @param {any} value */
  #plain(place, value) {
    return this.schema.toDict(fieldAt(this.schema, this.table, place).type, value);
  }

  /** The fields of a row; for a combinator also those of all rows inside it. @param {Place} place @returns {Place[]} */
  #fields(place) {
    const index = Number(place[place.length - 1]);
    const rows = placesOf([valueAt(this.table, place)], []).map((inner) =>
      [...place.slice(0, -1), index + Number(inner[0]), ...inner.slice(1)]);
    return rows.flatMap((row) => this.schema.fieldNames(valueAt(this.table, row).type)
      .filter((name) => !COMBINED.includes(name)).map((name) => [...row, name]));
  }

  /**
   * Values of a field that are not numbers: its default, "same" padding, an unused name.
   * @param {Place} place
   * @param {any} value
   * @returns {any[]}
   */
  #choices(place, value) {
    const field = place[place.length - 1];
    if (field === "name") return [freeName(value, valueAt(this.table, place.slice(0, -2)).map((/** @type {Row} */ row) => row.name))];
    if (field === "padding") return value === "same" ? [] : ["same"];
    if (typeof value === "boolean") return [!value];
    if (this.#number(place, value) !== null) return [];
    const { isRequired, default: standard } = fieldAt(this.schema, this.table, place);
    return isRequired || isEqual(standard, value) ? [] : [standard];
  }

  /**
   * The number that the search starts from, the larger one of a pair. null if the field is not a number.
   * @param {Place} place
   * @param {any} value
   */
  #number(place, value) {
    if (!["rows", "heads", "input"].includes(String(place[0]))) return null;
    const field = place[place.length - 1];
    if (field === "padding" && typeof value === "string") return 0;
    if (place[0] !== "input" && fieldAt(this.schema, this.table, place).type === "float") return null;
    const numbers = Array.isArray(value) ? value.slice(-2) : [value];
    return numbers.length && numbers.every(Number.isInteger) ? Math.max(...numbers) : null;
  }

  /**
   * Whether the table is possible with another value at a place, or, unless `whole`, the first error is fixed.
   * @param {Place} place
   * @param {any} value
   * @param {boolean} whole
   */
  #isPossible(place, value, whole) {
    if (this.left <= 0) return false;
    const changed = this.#changed(place, value);
    if (!changed) {
      this.left -= 1;
      return false;
    }
    const { rows } = changed;
    if (place[0] === "rows") {
      const fault = faultOf(() => planRows(rows.slice(this.start), this.shape, rows[rows.length - 1]));
      if (fault) return this.#getsPast(["rows", Number(fault.place[1]) + this.start, ...fault.place.slice(2)]) && !whole;
    }
    this.left -= this.order.size;
    const fault = faultOf(() => planOf(changed));
    if (fault) return this.#getsPast(fault.place) && !whole;
    this.left -= this.order.size;
    return true;
  }

  /** The table with another value; null if no row can have it. @param {Place} place @param {any} value @returns {Table | null} */
  #changed(place, value) {
    try {
      return replaceAt(this.table, place, value);
    } catch (error) {
      if (error instanceof TableError) return null;
      throw error;
    }
  }

  /** Whether a trial that failed here is past the first error: settings and heads are checked after all rows. @param {Place} place */
  #getsPast(place) {
    const after = this.order.size;
    const reached = this.order.get(place.join()) ?? after;
    this.left -= Math.max(1, reached - this.first);
    return reached > (this.order.get(this.place.join()) ?? after);
  }
}

/** The field of a table at a place. @param {Schema} schema @param {Table} table @param {Place} place */
function fieldAt(schema, table, place) {
  const parents = place.slice(0, -1);
  const kind = PARTS.get(parents[0]) ?? (parents.length ? valueAt(table, parents).type : "Table");
  return schema.field(kind, String(place[place.length - 1]));
}

/** A valid name similar to this one that no row beside it has. @param {string} name @param {string[]} taken */
function freeName(name, taken) {
  const letters = [...name.replace(/[^\p{L}\p{N}_]/gu, "_").replace(/^_+/, "")].slice(0, LETTERS).join("") || "row";
  if (!taken.includes(letters)) return letters;
  let number = 2;
  while (taken.includes(`${letters}_${number}`)) number++;
  return `${letters}_${number}`;
}

/**
 * The number nearest to `start` that fits, of those from there to `end`; beyond the near ones, a number that fits while the one before
 * it does not.
 * @param {number} start
 * @param {number} end
 * @param {(number: number) => boolean} fits
 */
function nearest(start, end, fits) {
  const [way, distance] = [end > start ? 1 : -1, Math.abs(end - start)];
  for (let step = 1; step <= Math.min(NEAR, distance); step++) if (fits(start + way * step)) return start + way * step;
  let missed = NEAR;
  while (missed < distance) {
    let step = Math.min(2 * missed, distance);
    if (fits(start + way * step)) {
      while (step - missed > 1) {
        const middle = Math.floor((missed + step) / 2);
        if (fits(start + way * middle)) step = middle;
        else missed = middle;
      }
      return start + way * step;
    }
    missed = step;
  }
  return null;
}

/** All numbers of a short range, a few of a long one. @param {number} first @param {number} after */
const sample = (first, after) => (after - first <= NEAR ? Array.from({ length: Math.max(0, after - first) }, (_, index) => first + index)
  : [first, Math.floor((first + after) / 2), after - 1]);
