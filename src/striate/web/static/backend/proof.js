/** The page's engine beside torch: twenty inputs are computed again, and numbers of every row compared with those that torch gave. */

import { forward } from "../engine/network.js";
import { normalize } from "../engine/picture.js";
import { decodeBase64 } from "./base64.js";

/** @import { BackendModel, Proof, Proved } from "./types.d.ts" */
/** @import { Tensor } from "../engine/types.d.ts" */

const TOLERANCE = 1e-4; // of a row's largest number

/**
 * The largest difference, as a part of its row's largest number; and the first row that differs by more than the tolerance.
 * @param {BackendModel} model
 * @param {Proof} proof
 * @returns {Promise<Proved>}
 */
export async function prove({ name, network }, { inputs, pictures, rows }) {
  const { input: [channels, height, width], preprocessing } = network.plan.table;
  const bytes = decodeBase64(pictures), size = bytes.length / inputs;
  const wanted = rows.map((row) => new Float32Array(decodeBase64(row.values).buffer));
  /** @type {Proved} */
  const proved = { model: name, inputs, rows: rows.length, largest: { path: rows[0].path, difference: 0 }, failed: null };
  for (let image = 0; image < inputs; image++) {
    const data = bytes.subarray(image * size, (image + 1) * size);
    const { outputs } = forward(network, normalize({ channels, height, width, data }, preprocessing));
    rows.forEach(({ path, places, largest }, index) => {
      const found = /** @type {Tensor} */ (outputs.get(path)).data;
      places.forEach((place, at) => {
        const apart = Math.abs(found[place] - wanted[index][image * places.length + at]) / largest;
        const difference = Number.isNaN(apart) ? Infinity : apart;
        if (difference > proved.largest.difference) proved.largest = { path, difference };
        if (difference > TOLERANCE && !proved.failed) proved.failed = { path, difference };
      });
    });
    await new Promise((resolve) => setTimeout(resolve)); // what a person does meanwhile goes first
  }
  return proved;
}
