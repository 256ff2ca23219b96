/**
 * A network of one row over a picture that is not normalized: what filters and pooling compute with; striate/inspection/filters.py.
 */

import { buildNetwork, forward } from "../engine/network.js";
import { planTable } from "../engine/plan.js";
import { TableError } from "../engine/table-error.js";
import { RequestError } from "./query.js";

/** @import { Row, TableDocument, Tensor } from "../engine/types.d.ts" */

/**
 * The network, its row's step, and what it computes; an error if the row's window does not fit.
 * @param {string} name of the table
 * @param {Row} row
 * @param {Tensor} maps of one image
 * @param {Map<string, Tensor>} [parameters]
 */
export function runRow(name, row, maps, parameters = new Map()) {
  const network = buildNetwork(planOf({ name, input: maps.shape.slice(1), rows: [row] }), parameters), [step] = network.plan.steps;
  const trace = forward(network, maps);
  return { network, step, trace, output: trace.logits };
}

/** @param {TableDocument} table */
function planOf(table) {
  try {
    return planTable(table);
  } catch (error) {
    throw error instanceof TableError ? new RequestError(`table ${table.name}: ${error.message}`) : error;
  }
}
