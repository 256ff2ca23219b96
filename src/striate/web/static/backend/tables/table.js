/** A table read, checked and written; striate/tables/table.py and toml.py. */

import { flatten, planTable, product } from "../../engine/plan.js";
import { Float, grouped, isPrintable, lettersOf, quoted, shorten, spellFloat, spellShape, spellTuple } from "../../engine/spelling.js";
import { named, TableError } from "../../engine/table-error.js";
import { checkInitialization, checkPreprocessing, checkRecipe, hasCrop } from "./recipe-rules.js";
import { checkTowers } from "./tower-rules.js";

/** @import { Schema } from "./schema.js" */
/** @import { Table, TablePlan } from "./types.d.ts" */

const SHOWN = 100; // letters of a table's name in an error
const MOST_INPUTS = 3 * 4096 * 4096;
const LINE = 80; // letters of a list in a file
const DEEPEST = 64; // lists and dicts around a value

/**
 * The table of plain data, not yet checked beyond its fields.
 * @param {Schema} schema
 * @param {unknown} data
 * @param {string} where
 * @returns {Table}
 */
export function tableFromDict(schema, data, where) {
  let level = [data];
  for (let depth = 0; depth < DEEPEST; depth++) {
    level = level.flatMap((part) => (typeof part === "object" && part !== null ? Object.values(part) : []));
  }
  if (level.length) throw new TableError(`${where}: is nested too deeply`);
  return schema.fromDict("Table", data, where);
}

/** The plan of a table as plain data; TableError begins with `where`. @param {Schema} schema @param {unknown} data @param {string} where */
export function planFromDict(schema, data, where) {
  const table = tableFromDict(schema, data, where);
  return named(where, () => planOf(table));
}

/** The table as plain data. @param {Schema} schema @param {Table} table */
export const tableToDict = (schema, table) => schema.toDict({ class: "Table" }, table);

/** Check the table: TableError names the table, the row, the rule and the numbers. @param {Table} table @returns {TablePlan} */
export function planOf(table) {
  const { name } = table;
  return named(`table ${shorten(name && isPrintable(name) ? name : quoted(name), SHOWN)}`, () => checked(table));
}

/** @param {Table} table @returns {TablePlan} */
function checked(table) {
  const { name, input, rows, heads, preprocessing, recipe } = table;
  if (Math.min(...input) < 1) {
    throw new TableError(`input must be (channels, height, width), each at least 1: ${spellTuple(input)}`);
  }
  if (product(input) > MOST_INPUTS) {
    throw new TableError(`input must have at most ${grouped(MOST_INPUTS)} values, as 3x4096x4096: ${spellShape(input)}`);
  }
  if (!name || !isPrintable(name)) throw new TableError("a name is at least one printable letter");
  if (!rows.length) throw new TableError("has no rows");
  checkPreprocessing(preprocessing, input);
  checkRecipe(recipe, input);
  const ends = [rows, ...heads.map((head) => head.rows)].map((part) => part[part.length - 1]);
  if (recipe.loss !== "cross_entropy" && !ends.every((row) => row?.type === "RBF")) {
    throw new TableError(`recipe: the loss ${recipe.loss} needs an RBF as the last row`);
  }
  if (preprocessing.content && hasCrop(recipe.augmentation)) {
    throw new TableError("recipe: a crop fills the whole input, so it excludes preprocessing.content");
  }
  const plan = /** @type {TablePlan} */ (planTable(/** @type {any} */ (table)));
  checkTowers(rows, table.towers, heads.length > 0);
  const steps = [plan.steps, ...plan.heads.map((head) => head.steps)].flatMap(flatten);
  checkInitialization(table.initialization, new Set(steps.filter((step) => step.row.bias).map((step) => step.path)));
  return plan;
}

/** The table as TOML text. @param {Schema} schema @param {Table} table */
export function dumpsTable(schema, table) {
  const { rows, ...data } = schema.toDict({ class: "Table" }, table, (number) => new Float(number));
  const isSection = (/** @type {any} */ value) => typeof value === "object" && !Array.isArray(value) && !(value instanceof Float);
  const fields = Object.entries(data);
  const lines = fields.filter(([, value]) => !isSection(value)).map(assignment);
  for (const [name, value] of fields.filter(([, part]) => isSection(part))) {
    lines.push("", `[${name}]`, ...Object.entries(value).map(assignment));
  }
  for (const row of rows) lines.push("", "[[rows]]", ...Object.entries(row).map(assignment));
  return `${lines.join("\n")}\n`;
}

/** @param {[string, any]} field */
const assignment = ([name, value]) => `${name} = ${tomlOf(value)}`;

/** A TOML value: a list stays on one line while it fits. @param {any} value @param {string} indent @returns {string} */
function tomlOf(value, indent = "") {
  if (Array.isArray(value)) {
    const items = value.map((item) => tomlOf(item, `${indent}    `));
    const flat = `[${items.join(", ")}]`;
    if (lettersOf(flat) <= LINE && !flat.includes("\n")) return flat;
    return `[\n${items.map((item) => `${indent}    ${item},\n`).join("")}${indent}]`;
  }
  if (value instanceof Float) return spellFloat(value.value);
  if (typeof value === "object") {
    return `{ ${Object.entries(value).map(([name, item]) => `${name} = ${tomlOf(item, indent)}`).join(", ")} }`;
  }
  return JSON.stringify(value).replaceAll("\x7f", "\\u007f");
}
