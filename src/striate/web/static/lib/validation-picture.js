/** A validation picture of a run as the picture of the page: an address names it by the run and its number there. */

import { get } from "./api.js";
import { decodeBase64 } from "./canvas.js";

/** @import { Photo, ValidationPicture } from "./types.d.ts" */

/** @param {NonNullable<Photo["validation"]>} picture */
export const validationName = ({ run, image }) => `validation:${image}:${run}`;

/**
 * The picture that an address names; null if it names none, or the server does not have it.
 * @param {string | null} text
 * @returns {Promise<Photo | null>}
 */
export async function loadValidationPicture(text) {
  const [, image, run] = /^validation:(\d{1,6}):(.+)$/su.exec(text ?? "") ?? [];
  if (!run) return null;
  return get("run/picture", { name: run, image }).then((picture) => toPhoto(picture, run), () => null);
}

/** @param {ValidationPicture} picture @param {string} run @returns {Promise<Photo>} */
export async function toPhoto({ content, name, image }, run) {
  const file = validationFile(content);
  return { file, name: name ?? `${run} ${image}`, image: await createImageBitmap(file), validation: { run, image } };
}

/** @param {string} content */
export const validationFile = (content) => new Blob([/** @type {BlobPart} */ (decodeBase64(content))], { type: "image/png" });
