/** The sample pictures: those that ship, photographs and digits, and those of a run. Each set is loaded once. */

import { get } from "./api.js";
import { decodeBase64 } from "./canvas.js";

/** @import { SampleInfo, SamplePicture, SampleSet } from "./types.d.ts" */

/** @type {Map<SampleSet, Promise<SamplePicture[]>>} */
const loading = new Map();
/** @type {Map<SampleSet, SamplePicture[]>} */
const loaded = new Map();

/**
 * Load a set; a set that failed to load is tried again the next time.
 * @param {SampleSet} set
 * @returns {Promise<SamplePicture[]>}
 */
export function loadSamples(set) {
  if (!set) return Promise.resolve([]);
  const request = loading.get(set) ?? get("samples", { set }).then(({ samples }) => Promise.all(samples.map(decode)));
  loading.set(set, request);
  request.then((samples) => loaded.set(set, samples), () => loading.delete(set));
  return request;
}

/** The pictures of a set; none before it is loaded. @param {SampleSet} set */
export const samplesOf = (set) => loaded.get(set) ?? [];

/** @param {SampleInfo} sample @returns {Promise<SamplePicture>} */
async function decode({ content, type, ...info }) {
  const file = new Blob([/** @type {BlobPart} */ (decodeBase64(content))], { type });
  return { ...info, file, image: await createImageBitmap(file) };
}
