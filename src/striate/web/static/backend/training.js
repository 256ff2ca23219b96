/** What the Train view asks for: data and tables to train, the runs, and start, stop, resume, delete; striate/web/lab/training.py. */

import { encodeBase64 } from "./base64.js";
import { queryText } from "./query.js";
import { readPlan, schemaOf, shipped } from "./tables.js";
import { sixDigits } from "./training/numbers.js";
import { parseTrainRequest } from "./training/request.js";
import { runsOf } from "./training/store.js";
import { translate } from "./words.js";

/** @import { Backend, Query, Routes, TrainingDocument } from "./types.d.ts" */
/** @import { Run } from "./training/runs.js" */
/** @import { Language } from "../lib/types.d.ts" */

/** @type {Routes} */
export const trainingRoutes = {
  "GET data": (backend) => {
    const { sets, tables, fields, default_recipe: other } = offered(backend), schema = schemaOf(backend);
    const recipe = (/** @type {any} */ of) => Object.fromEntries(Object.keys(fields).map((name) => [name, of[name]]));
    return {
      data: Object.keys(sets),
      tables: Object.fromEntries(tables.map((name) => [name, recipe(readPlan(schema, shipped(backend, name)).table.recipe)])),
      default: recipe(other), trains: true, keeps: false,
    };
  },
  "GET runs": (backend) => ({ runs: runsOf(backend).newestFirst().map(statusOf) }),
  "POST runs": (backend, _query, document) => {
    const training = offered(backend), request = parseTrainRequest(backend, document, training);
    const packed = training.sets[request.data];
    return { name: runsOf(backend).start(request, packed, warningsOf(document.table, request.data, packed.classes.length)) };
  },
  "GET run": (backend, query, _body, language) => detailsOf(runsOf(backend).get(queryText(query, "name")), backend, language),
  "GET run/model": (backend, query) => {
    const run = runsOf(backend).get(queryText(query, "name"));
    return { name: `${run.name}.safetensors`, content: encodeBase64(run.file()) };
  },
  "POST run/stop": (backend, query) => change(query, (name) => runsOf(backend).stop(name)),
  "POST run/resume": (backend, query) => change(query, (name) => runsOf(backend).resume(name)),
  "POST run/delete": (backend, query) => change(query, (name) => runsOf(backend).remove(name)),
};

/** What the page's file offers to train. @param {Backend} backend @returns {TrainingDocument} */
const offered = ({ documents }) => documents.get("training") ?? { sets: {}, tables: [], fields: {}, default_recipe: {}, most_macs: 0 };

/** @param {Query} query @param {(name: string) => void} work */
function change(query, work) {
  const name = queryText(query, "name");
  work(name);
  return { name };
}

/**
 * A warning if a table that was given states another number of classes than the pictures have.
 * @param {any} table
 * @param {string} data
 * @param {number} classes
 */
function warningsOf(table, data, classes) {
  const last = typeof table === "string" ? null : table.rows[table.rows.length - 1];
  if (last?.type !== "Dense" || last.units === classes) return [];
  return [`table ${table.name}: row ${last.name} has ${last.units} classes, but ${data} has ${classes}, and so has the network that is`
    + " trained"];
}

/** @param {Run} run */
function statusOf({ name, state, request, trainer, model }) {
  const accuracies = trainer.history.map((epoch) => sixDigits(epoch.test_accuracy));
  return {
    name, state, table: request.table.name, data: request.data, epochs: request.table.recipe.epochs, done: accuracies.length,
    best: accuracies.length ? Math.max(...accuracies) : null, model: model !== null, own: true,
  };
}

/**
 * All that is known of a run; why it failed and its warnings in a language.
 * @param {Run} run
 * @param {Backend} backend
 * @param {Language} language
 */
function detailsOf(run, { documents }, language) {
  const { trainer: { history }, recorder: { live }, request: { table, replay } } = run;
  const said = (/** @type {string} */ line) => (language === "en" ? line : translate(line, documents.get("words") ?? {}));
  /** @type {("epoch" | "train_loss" | "train_accuracy" | "test_loss" | "test_accuracy")[]} */
  const columns = ["epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy"];
  return {
    ...statusOf(run),
    history: history.length ? Object.fromEntries(columns.map((name) => [name, history.map((epoch) => sixDigits(epoch[name]))])) : null,
    live: { ...live, warnings: live.warnings.map(said) },
    replay: replay ? { steps: [...run.snapshots.keys()], version: run.version } : null,
    reason: run.reason === null ? null : said(run.reason), diverged: run.isDiverged,
    loss: table.recipe.loss, learning_rate: table.recipe.learning_rate,
  };
}
