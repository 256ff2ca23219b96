/**
 * Gradients over depth, which depend on no model and were measured beforehand; the requests are checked as striate/web/lab/why.py and
 * striate/web/lab/instruments/gradient_flow.py check them.
 */

import { grouped } from "../engine/spelling.js";
import { RequestError, queryFlag, queryInt, queryText, queryWord } from "./query.js";
import { readPlan, schemaOf, shipped } from "./tables.js";
import { totalCost } from "./tables/cost.js";
import { writtenBeforehand } from "./written.js";

/** @import { Backend, Query, Routes } from "./types.d.ts" */
/** @import { GradientFlow } from "../lib/types.d.ts" */

const MOST_TABLES = 4, MOST_MACS = 1.5e8; // networks side by side, and MACs of one
const DEPTHS = [8, 14, 20, 32, 44, 56];
const INITIALIZATIONS = /** @type {const} */ (["he", "glorot", "small", "large", "huge"]);

/** @type {Routes} */
export const gradientsRoutes = {
  "GET gradient-flow": (backend, query) => {
    const names = namesOf(backend, query), measured = measuredNetworks(backend);
    const networks = names.map((name) => measured.get(name));
    return networks.every(Boolean) ? { networks } : writtenBeforehand(backend, "GET", "gradient-flow", query);
  },
  "GET instruments/gradient-flow": (backend, query) =>
    writtenBeforehand(backend, "GET", "instruments/gradient-flow", settingOf(query)),
};

/** The names of networks that a query has, with commas between them. @param {Backend} backend @param {Query} query */
function namesOf(backend, query) {
  const names = queryText(query, "tables").split(",");
  if (names.length > MOST_TABLES) throw new RequestError(`tables: expected ${MOST_TABLES} names at most`);
  for (const name of names) {
    if (!backend.documents.get("architectures").includes(name)) {
      throw new RequestError("tables: expected names of networks that `striate list` prints, separated by commas");
    }
    if (totalCost(readPlan(schemaOf(backend), shipped(backend, name))).macs > MOST_MACS) {
      throw new RequestError(`tables: ${name} takes too long here; expected ${grouped(MOST_MACS)} MACs at most`);
    }
  }
  return names;
}

/** The networks that were measured, by their names. @param {Backend} backend @returns {Map<string, GradientFlow>} */
function measuredNetworks({ documents }) {
  const pairs = [...documents].filter(([key]) => key.startsWith("gradient-flow?"));
  return new Map(pairs.flatMap(([, { networks }]) => networks.map((/** @type {GradientFlow} */ network) => [network.name, network])));
}

/** A setting of the bench, each switch as the documents' keys have it. @param {Query} query @returns {Query} */
function settingOf(query) {
  const depth = queryInt(query, "depth", DEPTHS[0], DEPTHS[DEPTHS.length - 1]);
  if (!DEPTHS.includes(depth)) throw new RequestError(`depth: expected one of ${DEPTHS.join(", ")}`);
  const [shortcut, batchNorm] = ["shortcut", "batch_norm"].map((name) => Number(queryFlag(query, name)));
  return { depth, shortcut, initialization: queryWord(query, "initialization", INITIALIZATIONS), batch_norm: batchNorm };
}
