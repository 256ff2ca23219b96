/** Tables as .toml files. */

import { h } from "../../lib/dom.js";

const MAX_BYTES = 200_000; // as the server

/**
 * The text of a file. An error if it is too large.
 * @param {File} file
 * @returns {Promise<string>}
 */
export async function readFile(file) {
  if (file.size > MAX_BYTES) throw new Error(`${file.name}: ${file.size} > ${MAX_BYTES} B`);
  return file.text();
}

/**
 * Offer a file for download.
 * @param {string} name of the table, any text
 * @param {string} toml
 */
export function saveFile(name, toml) {
  const url = URL.createObjectURL(new Blob([toml], { type: "application/toml" }));
  h("a", { href: url, download: fileName(name) }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * A file name that every system accepts: on Windows some names are devices, whatever their suffix.
 * @param {string} name
 */
function fileName(name) {
  const letters = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-");
  const stem = [...letters].slice(0, 60).join("").replace(/^[-_]+|[-_]+$/g, "") || "table";
  return `${stem}${/^(con|prn|aux|nul|(com|lpt)[0-9¹²³])$/i.test(stem) ? "_" : ""}.toml`;
}
