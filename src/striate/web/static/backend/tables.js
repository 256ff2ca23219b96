/**
 * The tables: one with all that follows from it while it is edited, its drawing, and two side by side; striate/web/lab/tables.py. Their
 * arithmetic is a port, 60 KB of the file, that contract tests hold to equations.py, striate.tables and striate.analysis: Pyodide weighs
 * 12 MB, ten times the whole file, and Brython several MB with the library that the Python as it is needs; MicroPython is small, but has
 * no dataclasses, annotations, tomllib or difflib, so that most of it would be a port all the same. Whole numbers are exact to 2^53.
 */

import { grouped, Float, lettersOf, shorten } from "../engine/spelling.js";
import { TableError } from "../engine/table-error.js";
import { reading } from "./drawing/reading.js";
import { drawElements } from "./drawing/svg.js";
import { modelOf } from "./models.js";
import { queryText, RequestError } from "./query.js";
import { comparisonToJson, summaryOf } from "./tables/report.js";
import { isFields, Schema } from "./tables/schema.js";
import { suggestFixes, suggestValues } from "./tables/suggestions.js";
import { dumpsTable, planFromDict, planOf, tableFromDict, tableToDict } from "./tables/table.js";
import { parseToml } from "./tables/toml.js";
import { translate } from "./words.js";

/** @import { Backend, Routes } from "./types.d.ts" */
/** @import { Place, Table, TablePlan } from "./tables/types.d.ts" */
/** @import { Language } from "../lib/types.d.ts" */

const MOST_NUMBER = 10 ** 12, MOST_LETTERS = 1000;
const MOST_TOML = 200_000, MOST_LINE = 1200; // letters of a TOML file and of its lines
const MOST_PARTS = 2000; // rows, and lists inside them
const WHERE = "table";
const LINE_ENDS = /[\n\r\v\f\u{85}\p{Zl}\p{Zp}]/u;

/** @type {Routes} */
export const tablesRoutes = {
  "GET table": (backend, query) => refusing(() => {
    const schema = schemaOf(backend);
    const data = "model" in query ? modelOf(backend, query).network.plan.table : shipped(backend, queryText(query, "name"));
    return possible(schema, planFromDict(schema, data, WHERE));
  }),
  "POST table": (backend, _query, body, language) => refusing(() => inLanguage(checked(schemaOf(backend), body), backend, language)),
  "POST compare": (backend, _query, body) => refusing(() => {
    if (!isFields(body) || Object.keys(body).sort().join() !== "first,second") {
      throw new RequestError("expected two tables, first and second");
    }
    const schema = schemaOf(backend);
    return comparisonToJson(readPlan(schema, body.first), readPlan(schema, body.second));
  }),
  "POST drawing": (backend, _query, body, language) => refusing(() => {
    const plan = readPlan(schemaOf(backend), body);
    return { drawing: reading(language === "en" ? null : backend.documents.get("words"), () => drawElements(plan)) };
  }),
};

/** @type {WeakMap<object, Schema>} */
const schemas = new WeakMap();

/** The schema that the server's code wrote. @param {Backend} backend */
export function schemaOf({ documents }) {
  const document = documents.get("table-schema");
  const schema = schemas.get(document) ?? new Schema(document);
  schemas.set(document, schema);
  return schema;
}

/** What some work returns; a table at fault is refused as the server refuses it. @template T @param {() => T} work */
export function refusing(work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof TableError ? new RequestError(error.message) : error;
  }
}

/** A table that ships, as plain data. @param {Backend} backend @param {string} name */
export function shipped({ documents }, name) {
  const tables = documents.get("table-catalog");
  if (!Object.prototype.hasOwnProperty.call(tables, name)) throw new RequestError("no table of that name", 404);
  return tables[name];
}

/** The plan of a table in a request. @param {Schema} schema @param {unknown} data */
export function readPlan(schema, data) {
  checkBounds(data);
  if (!isFields(data)) throw new TableError(`${WHERE}: expected fields`);
  return planFromDict(schema, data, WHERE);
}

/** A possible table: as data, as TOML, and its report. @param {Schema} schema @param {TablePlan} plan */
const possible = (schema, plan) => ({
  table: tableToDict(schema, plan.table), toml: dumpsTable(schema, plan.table), summary: summaryOf(plan), fault: null,
});

/**
 * An edited table, or a file {"toml": text}; if it is impossible its fault, and values that would fit. The summary of an impossible
 * table has only the rows before the fault.
 * @param {Schema} schema
 * @param {any} data
 */
function checked(schema, data) {
  const isFile = isFields(data) && Object.keys(data).join() === "toml";
  if (isFile) data = readToml(data.toml);
  /** @type {Table} */
  let table;
  try {
    checkBounds(data);
    table = tableFromDict(schema, data, WHERE);
  } catch (error) {
    if (!(error instanceof TableError) || isFile || !isFields(data)) throw error;
    return impossible(schema, null, data, error);
  }
  try {
    return possible(schema, planOf(table));
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    return impossible(schema, table, tableToDict(schema, table), error);
  }
}

/** The answer with the line of its fault in a language. @param {any} answer @param {Backend} backend @param {Language} language */
function inLanguage(answer, { documents }, language) {
  if (answer.fault && language !== "en") answer.fault.line = translate(answer.fault.line, documents.get("words") ?? {});
  return answer;
}

/** @param {unknown} text */
function readToml(text) {
  if (typeof text !== "string" || lettersOf(text) > MOST_TOML || text.split(LINE_ENDS).some((line) => lettersOf(line) > MOST_LINE)) {
    throw new RequestError(`expected TOML of at most ${grouped(MOST_TOML)} letters, at most ${grouped(MOST_LINE)} in a line`);
  }
  return parseToml(text, WHERE);
}

/** TableError, with its place, if data has more parts, longer texts or larger numbers than any network's table. @param {unknown} data */
function checkBounds(data) {
  const parts = countParts(data);
  if (parts > MOST_PARTS) {
    throw new TableError(`the table has ${grouped(parts)} rows and lists in them, where ${grouped(MOST_PARTS)} are the most`);
  }
  const waiting = [{ part: data, place: /** @type {Place} */ ([]) }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { part, place } = next;
    const number = part instanceof Float ? part.value : part;
    if (Array.isArray(part)) {
      part.forEach((inner, index) => waiting.push({ part: inner, place: [...place, index] }));
    } else if (isFields(part)) {
      for (const [name, inner] of Object.entries(part)) waiting.push({ part: inner, place: [...place, name] });
      for (const name of Object.keys(part).sort((one, other) => lettersOf(other) - lettersOf(one)).slice(0, 1)) checkText(name, place);
    } else if (typeof part === "string") {
      checkText(part, place);
    } else if (typeof number === "number" && Math.abs(number) > MOST_NUMBER) {
      throw new TableError(`${WHERE}: ${place.length ? place[place.length - 1] : "a number"}: at most ${grouped(MOST_NUMBER)}`, place);
    }
  }
}

/** Lists and sets of fields in plain data. @param {unknown} data */
function countParts(data) {
  let [count, level] = [0, [data]];
  while (level.length) {
    const parts = level.filter((part) => Array.isArray(part) || isFields(part));
    count += parts.length;
    level = parts.flatMap((part) => Object.values(/** @type {object} */ (part)));
  }
  return count;
}

/** @param {string} text @param {Place} place */
function checkText(text, place) {
  if (lettersOf(text) <= MOST_LETTERS) return;
  throw new TableError(`${WHERE}: a text of ${grouped(lettersOf(text))} letters, where ${grouped(MOST_LETTERS)} are the most`, place);
}

/**
 * An impossible table as data, or one whose fields cannot be read: then there is no `table`.
 * @param {Schema} schema
 * @param {Table | null} table
 * @param {Record<string, any>} data
 * @param {TableError} error
 */
function impossible(schema, table, data, { message, place }) {
  const fits = table ? suggestFixes(schema, table) : valuesAt(schema, data, place);
  const line = withoutPrefix(withoutPrefix(message, `${WHERE}: `), `table ${data.name}: `);
  return {
    table: table && data, toml: null,
    summary: { rows: rowsBefore(schema, data, place), heads: [], total: null },
    fault: { place, line: shorten(line), fits },
  };
}

/** @param {string} text @param {string} prefix */
const withoutPrefix = (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text);

/** Values for a number that no row can have; none if the fault is another. @param {Schema} schema @param {any} data @param {Place} place */
function valuesAt(schema, data, place) {
  const isField = ["rows", "heads"].includes(String(place[0])) && typeof place[place.length - 1] === "string";
  return isField ? suggestValues(schema, data, place) : [];
}

/**
 * The report of the rows before a fault, of all rows if the fault is in none; empty if they are impossible too.
 * @param {Schema} schema
 * @param {any} data
 * @param {Place} place
 * @returns {any[]}
 */
function rowsBefore(schema, data, place) {
  if (!Array.isArray(data.rows)) return [];
  const count = place[0] === "rows" && place.length > 1 ? Number(place[1]) : data.rows.length;
  const start = { name: WHERE, input: data.input ?? null, rows: data.rows.slice(0, count) };
  try {
    checkBounds(start);
    return summaryOf(planOf(tableFromDict(schema, start, WHERE))).rows;
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    const isEarlier = error.place[0] === "rows" && error.place.length > 1 && Number(error.place[1]) < count;
    return isEarlier ? rowsBefore(schema, data, error.place) : [];
  }
}
