/** A table's report, and two side by side; striate/analysis/report.py and compare.py. */

import { flatten } from "../../engine/plan.js";
import { receptiveFields } from "../receptive-field.js";
import { alignedRanges } from "../similar.js";
import { inferenceMemory, mapsMemory, rowCost, stepCost, sumOf, trainingMemory } from "./cost.js";
import { exchanges } from "./tower-rules.js";

/** @import { ReceptiveField } from "../types.d.ts" */
/** @import { Row, Step } from "../../engine/types.d.ts" */
/** @import { Cost, Place, TablePlan } from "./types.d.ts" */

const SCHEMA = 1;
const QUANTITIES = ["parameters", "macs", "connections", "neurons", "train_memory_bytes", "inference_memory_bytes"];

/** The report as plain data. @param {TablePlan} plan */
export function reportToJson(plan) {
  const { table, steps, heads } = plan;
  const fields = receptiveFields(plan);
  const rows = flatten(steps);
  return {
    schema: SCHEMA, name: table.name, source: table.source, input: table.input,
    rows: rows.map((step) => rowJson(step, fields)),
    heads: heads.map((head) => {
      const inner = flatten(head.steps);
      const total = costJson(sumOf(inner.map(rowCost)));
      return { name: head.name, after: head.after, weight: head.weight, rows: inner.map((step) => rowJson(step, fields)), total };
    }),
    towers: table.towers,
    exchanges: table.rows.filter((_, index) => exchanges(table.rows, table.towers, index)).map((row) => row.name),
    total: {
      ...costJson(sumOf(rows.map(rowCost))),
      train_memory_bytes: trainingMemory(plan), inference_memory_bytes: inferenceMemory(plan), batch_size: 1,
    },
  };
}

/** The report, and for each row its `place`, shapes, `memory`, and its cost with all rows `inside` it. @param {TablePlan} plan */
export function summaryOf(plan) {
  const report = reportToJson(plan);
  /** @type {(rows: any[], steps: Step[], places: Place[]) => any[]} */
  const added = (rows, steps, where) => flatten(steps).map((step, index) => {
    const { parameters, macs } = stepCost(step);
    const { input, output } = step;
    return Object.assign(rows[index], { place: where[index], input, output, memory: mapsMemory(step), inside: { parameters, macs } });
  });
  return {
    ...report,
    rows: added(report.rows, plan.steps, placesOf(plan.table.rows)),
    heads: report.heads.map((head, index) =>
      ({ ...head, rows: added(head.rows, plan.heads[index].steps, placesOf(plan.table.heads[index].rows, ["heads", index, "rows"])) })),
  };
}

/** The place of every row, those inside a combinator before it. @param {Row[]} rows @param {Place} place @returns {Place[]} */
export const placesOf = (rows, place = ["rows"]) => rows.flatMap((row, index) => {
  const here = [...place, index];
  const branches = row.type === "Concat" ? row.branches : [];
  return [
    ...branches.flatMap((/** @type {Row[]} */ branch, /** @type {number} */ number) => placesOf(branch, [...here, "branches", number])),
    ...(row.type === "Add" ? [...placesOf(row.body, [...here, "body"]), ...placesOf(row.shortcut, [...here, "shortcut"])] : []),
    here,
  ];
});

/** Two tables' reports, the ratios of their totals, their modules in pairs. @param {TablePlan} first @param {TablePlan} second */
export function comparisonToJson(first, second) {
  const reports = [first, second].map(reportToJson);
  const [one, other] = reports.map((report) => /** @type {Record<string, number>} */ (report.total));
  return {
    schema: SCHEMA, first: reports[0], second: reports[1],
    ratios: Object.fromEntries(QUANTITIES.map((name) => [name, one[name] ? other[name] / one[name] : null])),
    modules: pairsOf(first.steps, second.steps),
  };
}

/** @param {Step[]} first @param {Step[]} second */
function pairsOf(first, second) {
  const [paths, others] = [first, second].map((steps) => steps.map((step) => step.path));
  return alignedRanges(paths, others).flatMap(([start, end, startOther, endOther]) =>
    Array.from({ length: Math.max(end - start, endOther - startOther) }, (_, index) => ({
      first: start + index < end ? moduleJson(first[start + index]) : null,
      second: startOther + index < endOther ? moduleJson(second[startOther + index]) : null,
    })));
}

/** @param {Step} step */
function moduleJson(step) {
  const { parameters, macs } = stepCost(step);
  return { path: step.path, parameters, macs };
}

/** @param {Cost} cost */
const costJson = ({ parameters, macs, connections, neurons }) => ({ parameters, macs, connections, neurons });

/** @param {Step} step @param {Map<string, ReceptiveField>} fields */
function rowJson(step, fields) {
  const { path, row, output, window } = step;
  const [height, width] = /** @type {ReceptiveField} */ (fields.get(path));
  const [size, stride, start] = [0, 1, 2].map((index) => oneOrBoth([height[index], width[index]]));
  return {
    path, type: row.type, maps: output[0], size: output.length > 1 ? output.slice(1) : [1, 1],
    kernel: window && oneOrBoth(window.kernel), stride: window && oneOrBoth(window.stride), padding: window && (row.padding ?? "valid"),
    groups: row.groups ?? null, activation: row.activation ?? null,
    ...costJson(rowCost(step)), receptive_field: { size, stride, start },
  };
}

/** @param {[number, number]} numbers */
const oneOrBoth = (numbers) => (numbers[0] === numbers[1] ? numbers[0] : numbers);

