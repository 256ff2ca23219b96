/** The request for a training, checked: striate/runs/request.py, with bounds that suit a browser. */

import { grouped } from "../../engine/spelling.js";
import { RequestError } from "../query.js";
import { readPlan, refusing, schemaOf, shipped } from "../tables.js";
import { totalCost, trainingMemory } from "../tables/cost.js";
import { planOf } from "../tables/table.js";

/** @import { Backend, TrainingDocument, TrainRequest } from "../types.d.ts" */
/** @import { Table, TablePlan } from "../tables/types.d.ts" */

const MOST_MEMORY = 2e9; // bytes that a step may need
const MOST_SNAPSHOTS = 64, MOST_REPLAY = 1e9, BYTES = 4; // snapshots of a run, the bytes of all of them, and of a number

/**
 * The request in a JSON document.
 * @param {Backend} backend
 * @param {any} document
 * @param {TrainingDocument} offered
 * @returns {TrainRequest}
 */
export function parseTrainRequest(backend, document, offered) {
  const fields = Object.keys(offered.fields), known = ["table", "data", "replay", ...fields];
  if (!isObject(document) || Object.keys(document).some((name) => !known.includes(name))) {
    throw new RequestError(`expected an object of table, data, ${fields.join(", ")}, replay`);
  }
  const set = typeof document.data === "string" && Object.keys(offered.sets).includes(document.data) ? document.data : null;
  if (set === null) throw new RequestError(`data: expected one of ${Object.keys(offered.sets).join(", ")}`);
  return refusing(() => {
    const stated = tableOf(backend, document.table, offered), { classes, light_on_dark: light } = offered.sets[set];
    const plan = planOf(withClasses({
      ...stated,
      preprocessing: { ...stated.preprocessing, light_on_dark: stated.preprocessing.light_on_dark || light },
      recipe: { ...stated.recipe, ...changesOf(document, offered.fields) },
    }, classes.length));
    checkWork(plan, offered.most_macs);
    return { table: /** @type {any} */ (plan.table), data: set, replay: snapshotsOf(document.replay ?? 0, plan) };
  });
}

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A table by its name, or one that is given. @param {Backend} backend @param {unknown} value @param {TrainingDocument} offered */
function tableOf(backend, value, { tables }) {
  if (typeof value !== "string") return readPlan(schemaOf(backend), value).table;
  if (!tables.includes(value)) throw new RequestError("table: no table of that name");
  return readPlan(schemaOf(backend), shipped(backend, value)).table;
}

/**
 * The fields of the recipe that a request sets.
 * @param {Record<string, any>} document
 * @param {TrainingDocument["fields"]} fields
 */
function changesOf(document, fields) {
  const set = Object.entries(fields).filter(([name]) => (document[name] ?? null) !== null);
  return Object.fromEntries(set.map(([name, { least, most, whole, expected }]) => {
    const value = document[name];
    const isNumber = typeof value === "number" && (!whole || Number.isInteger(value)) && value >= least && value <= most;
    if (!isNumber) throw new RequestError(`${name}: ${expected}`);
    return [name, value];
  }));
}

/**
 * The table with so many classes: its last rows, which name them, get others.
 * @param {Table} table
 * @param {number} classes
 * @returns {Table}
 */
function withClasses(table, classes) {
  const last = table.rows[table.rows.length - 1], stated = last.units ?? last.prototypes?.length;
  if (stated === classes) return table;
  if (last.type !== "Dense") {
    throw new RequestError(`table ${table.name}: row ${last.name} has a fixed prototype for each of its ${stated} classes, but the data `
      + `has ${classes}; take a variant that ends in a Dense row`);
  }
  const changed = (/** @type {Table["rows"]} */ rows) =>
    rows.map((row, index) => (index === rows.length - 1 && row.type === "Dense" ? { ...row, units: classes } : row));
  const heads = table.heads.map((head) => ({ ...head, rows: changed(head.rows) }));
  return { ...table, rows: changed(table.rows), heads, expected: null };
}

/** @param {TablePlan} plan @param {number} most */
function checkWork(plan, most) {
  const { table: { name, input, recipe } } = plan, { macs } = totalCost(plan), images = recipe.batch_size;
  const needed = trainingMemory(plan, images);
  if (needed > MOST_MEMORY) {
    throw new RequestError(`table ${name}: a step with ${grouped(images)} images needs ${gigabytes(needed)} GB; from the page `
      + `${MOST_MEMORY / 1e9} GB are the most: choose smaller batches, or use \`striate train\``);
  }
  if (![1, 3].includes(input[0])) {
    throw new RequestError(`table ${name}: its input has ${input[0]} channels, pictures have 1 (gray) or 3 (RGB)`);
  }
  if (recipe.augmentation.some((/** @type {{ type: string }} */ { type }) => type === "PCAColour")) {
    throw new RequestError(`table ${name}: in this page no training varies colours by PCAColour: use \`striate train\``);
  }
  if (macs > most) {
    throw new RequestError(`table ${name}: an image needs ${grouped(macs)} multiply-adds; in this page ${grouped(most)} are the most: use `
      + "`striate train`");
  }
}

/** @param {number} bytes */
const gigabytes = (bytes) => (bytes / 1e9).toFixed(1).replace(/\B(?=(\d{3})+\.)/g, ",");

/** How many snapshots to keep. @param {unknown} value @param {TablePlan} plan */
function snapshotsOf(value, plan) {
  if (typeof value !== "number" || !Number.isInteger(value) || value === 1 || value < 0 || value > MOST_SNAPSHOTS) {
    throw new RequestError(`replay: expected a whole number from 2 to ${MOST_SNAPSHOTS}, or 0 for no snapshots`);
  }
  const needed = value * totalCost(plan).parameters * BYTES;
  if (needed > MOST_REPLAY) {
    throw new RequestError(`table ${plan.table.name}: ${value} snapshots need ${gigabytes(needed)} GB; from the page `
      + `${MOST_REPLAY / 1e9} GB are the most: choose fewer, or use \`striate train --replay\``);
  }
  return value;
}
