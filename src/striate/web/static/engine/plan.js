/** A table planned: its rows checked, each with its path, shapes and window; striate/tables/steps.py, and the heads of table.py. */

import { adaptiveWindows } from "./equations.js";
import { outputOf, windowOf } from "./rows.js";
import { lettersOf, quoted, spellFloat, spellShape } from "./spelling.js";
import { named, TableError, within } from "./table-error.js";

/** @import { HeadPlan, Plan, Row, Shape, Step, TableDocument } from "./types.d.ts" */

const LONGEST_NAME = 100, DEEPEST = 16; // letters of a name, and rows around a row

/** @param {number[]} numbers */
export const product = (numbers) => numbers.reduce((total, number) => total * number, 1);

/** @param {TableDocument} table @returns {Plan} */
export function planTable(table) {
  const steps = planRows(table.rows, table.input, lastOf(table.rows));
  const outputs = new Map(steps.map((step) => [step.row.name, step.output]));
  const names = new Set(outputs.keys());
  const heads = (table.heads ?? []).map((head, index) =>
    within(["heads", index], () => planHead(head, names, outputs, lastOf(steps).output)));
  return { table, steps, heads };
}

/** All steps in order, those inside a combinator before the combinator itself. @param {Step[]} steps @returns {Step[]} */
export function flatten(steps) {
  /** @type {Step[]} */
  const found = [];
  const add = (/** @type {Step} */ step) => {
    for (const branch of step.branches) branch.forEach(add);
    found.push(step);
  };
  steps.forEach(add);
  return found;
}

/**
 * Rows that follow one another, from a shape on.
 * @param {Row[]} rows
 * @param {Shape} shape
 * @param {Row} last the table's last row
 * @param {string} prefix
 * @param {(string | number)[]} place that of the rows in their table
 * @returns {Step[]}
 */
export function planRows(rows, shape, last, prefix = "", place = ["rows"]) {
  const names = new Set();
  return rows.map((row, index) => {
    try {
      const step = namedStep(row, shape, prefix, last, names);
      shape = step.output;
      return step;
    } catch (error) {
      throw error instanceof TableError ? error.inside(...place, index) : error;
    }
  });
}

/** @param {string} path @param {string} name */
function checkName(path, name) {
  if (!/^[A-Za-z0-9]\w*$/.test(name) && !/^[\p{L}\p{N}][\p{L}\p{N}_]*$/u.test(name)) { // the first is fast
    throw new TableError(`row ${quoted(path)}: a name is letters, digits and underscores, none of these in front`);
  }
  if (lettersOf(name) > LONGEST_NAME) {
    throw new TableError(`row ${[...path].slice(0, LONGEST_NAME).join("")}...: a name has at most ${LONGEST_NAME} letters`);
  }
}

/** @param {Row} row @param {Shape} shape @param {string} prefix @param {Row} last @param {Set<string>} names @returns {Step} */
function namedStep(row, shape, prefix, last, names) {
  const path = prefix + row.name;
  checkName(path, row.name);
  if (names.has(row.name)) throw new TableError(`row ${path}: two rows have this name`);
  if (row.activation === "softmax" && row !== last) {
    throw new TableError(`row ${path}: softmax belongs to the last row of the table`);
  }
  names.add(row.name);
  if (prefix && prefix.split(".").length - 1 > 2 * DEEPEST) { // a branch or body adds two
    throw new TableError(`row ${row.name}: is nested in more than ${DEEPEST} others`);
  }
  if (row.type === "Concat") return concatStep(row, shape, path, last);
  if (row.type === "Add") return addStep(row, shape, path, last);
  return named(`row ${path} (${row.type})`, () => {
    const window = windowOf(row, shape);
    return { path, row, input: shape, output: outputOf(row, shape, window), window, branches: [] };
  }, false);
}

/** @param {Row} row @param {Shape} input @param {string} path @param {Row} last @returns {Step} */
function concatStep(row, input, path, last) {
  if (!row.branches.length || row.branches.some((/** @type {Row[]} */ rows) => !rows.length)) {
    throw new TableError(`row ${path} (Concat): needs branches, each with at least one row`);
  }
  const branches = row.branches.map((/** @type {Row[]} */ rows, /** @type {number} */ index) =>
    planRows(rows, input, last, `${path}.branch${index + 1}.`, ["branches", index]));
  const ends = branches.map((/** @type {Step[]} */ steps) => lastOf(steps).output);
  const size = ends[0].slice(1).join();
  if (ends.some((/** @type {Shape} */ end) => end.length !== 3 || end.slice(1).join() !== size)) {
    throw new TableError(`row ${path} (Concat): branches must end in maps of one size: ${ends.map(spellShape).join(" and ")}`);
  }
  const maps = ends.reduce((/** @type {number} */ sum, /** @type {Shape} */ end) => sum + end[0], 0);
  return { path, row, input, output: [maps, ...ends[0].slice(1)], window: null, branches };
}

/** @param {Row} row @param {Shape} input @param {string} path @param {Row} last @returns {Step} */
function addStep(row, input, path, last) {
  if (!row.body.length) throw new TableError(`row ${path} (Add): needs a body with at least one row`);
  const body = planRows(row.body, input, last, `${path}.body.`, ["body"]);
  const shortcut = planRows(row.shortcut ?? [], input, last, `${path}.shortcut.`, ["shortcut"]);
  const [end, through] = [lastOf(body).output, shortcut.length ? lastOf(shortcut).output : input];
  if (end.join() !== through.join()) {
    throw new TableError(`row ${path} (Add): body and shortcut must end in one shape: ${[end, through].map(spellShape).join(" and ")}`);
  }
  return { path, row, input, output: through, window: null, branches: [body, shortcut] };
}

/**
 * @param {NonNullable<TableDocument["heads"]>[number]} head
 * @param {Set<string>} names of the rows and heads before
 * @param {Map<string, Shape>} outputs of the rows at the table's top level
 * @param {Shape} end the table's output
 * @returns {HeadPlan}
 */
function planHead(head, names, outputs, end) {
  const { name, after, rows, weight = 0.3 } = head;
  if (names.has(name)) throw new TableError(`head ${name}: a row or another head has this name`);
  const input = outputs.get(after);
  if (!input) throw new TableError(`head ${name}: there is no row ${after} at the table's top level`);
  if (!(weight > 0 && weight < Infinity) || !rows.length) {
    throw new TableError(`head ${name}: needs rows, and a weight above 0: ${spellFloat(weight)}`);
  }
  names.add(name);
  checkName(name, name);
  const steps = planRows(rows, input, lastOf(rows), `${name}.`);
  const output = lastOf(steps).output;
  if (output.join() !== end.join()) {
    throw new TableError(`head ${name}: must end as the table does: ${spellShape(output)} and ${spellShape(end)}`);
  }
  return { ...head, weight, steps };
}

/** @template T @param {T[]} items */
const lastOf = (items) => items[items.length - 1];

/** The windows of adaptive pooling along an axis of a step. @param {Step} step @param {0 | 1} axis */
export const adaptiveWindowsOf = (step, axis) => adaptiveWindows(step.input[1 + axis], step.output[1 + axis]);
