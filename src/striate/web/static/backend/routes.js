/** All routes that the page answers itself: those of the views, and documents that the server's code wrote beforehand. */

import { shorten } from "../engine/spelling.js";
import { cortexRoutes } from "./cortex.js";
import { networkRoutes } from "./diagram.js";
import { filtersRoutes } from "./filters.js";
import { gradientsRoutes } from "./gradients.js";
import { instrumentsRoutes } from "./instruments/instruments.js";
import { layersRoutes } from "./layers.js";
import { lessonsRoutes } from "./lessons.js";
import { RequestError, queryText } from "./query.js";
import { replayRoutes } from "./replay.js";
import { stressRoutes } from "./stress.js";
import { tablesRoutes } from "./tables.js";
import { trainingRoutes } from "./training.js";
import { runsOf } from "./training/store.js";
import { unitsRoutes } from "./units.js";
import { whyRoutes } from "./why.js";
import { translate } from "./words.js";
import { writtenBeforehand } from "./written.js";

/** @import { Backend, BackendAnswer, BackendModel, BackendRequest, Query, Routes } from "./types.d.ts" */
/** @import { Language } from "../lib/types.d.ts" */

const SAMPLE_SETS = ["digits", "photos"], DIGITS = "0,1,2,3,4,5,6,7,8,9";
const FAILED = "The page failed; its console says why.";

/** @type {Routes} */
const ROUTES = {
  "GET models": (backend) => {
    const { listed, models } = backend;
    const others = [...models.values()].filter(({ name }) => listed.every(({ info }) => info.name !== name));
    return { models: [...listed.map(({ info }) => info), ...[...others, ...runsOf(backend).models()].map(modelInfo)] };
  },
  "GET samples": ({ documents }, query) => {
    const set = queryText(query, "set");
    if (!SAMPLE_SETS.includes(set)) throw new RequestError(`set: expected one of ${SAMPLE_SETS.join(", ")}`);
    return documents.get(`samples?set=${set}`) ?? { samples: [] };
  },
  ...networkRoutes, ...layersRoutes, ...whyRoutes, ...stressRoutes, ...tablesRoutes, ...trainingRoutes,
  ...replayRoutes, ...lessonsRoutes, ...unitsRoutes, ...cortexRoutes, ...filtersRoutes, ...instrumentsRoutes,
  ...gradientsRoutes,
};

/**
 * What the server would answer.
 * @param {Backend} backend
 * @param {BackendRequest} request
 * @returns {Promise<BackendAnswer>}
 */
export async function answer(backend, { method, path, query, language, document, picture }) {
  try {
    const parameters = /** @type {Query} */ (Object.fromEntries(new URLSearchParams(query)));
    const route = Object.prototype.hasOwnProperty.call(ROUTES, `${method} ${path}`) ? ROUTES[`${method} ${path}`] : null;
    const body = route ? await route(backend, parameters, picture ?? document ?? null, language)
      : writtenBeforehand(backend, method, path, parameters, language);
    return { status: 200, body };
  } catch (error) {
    if (error instanceof RequestError) return failure(error.status, error.message, backend, language);
    console.error(error);
    return failure(500, FAILED, backend, language);
  }
}

/** @param {number} status @param {string} line @param {Backend} backend @param {Language} language */
const failure = (status, line, { documents }, language) =>
  ({ status, body: { error: shorten(language === "en" ? line : translate(line, documents.get("words") ?? {})) } });

/** @param {BackendModel} model */
function modelInfo({ name, network: { plan: { table } }, classes, side }) {
  const others = table.input[0] === 3 ? "photos" : classes.length ? "" : "digits"; // of classes for which no samples ship
  return { name, table: table.name, input: table.input, side, samples: classes.join() === DIGITS ? "digits" : others };
}
