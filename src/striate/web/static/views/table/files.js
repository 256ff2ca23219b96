/** A table from a .toml file, and into one. */

import { h } from "../../lib/dom.js";

const LARGEST = 200_000; // bytes; the server takes no more

/**
 * The text of a file. An error if it is far larger than a table.
 * @param {File} file
 * @returns {Promise<string>}
 */
export async function textOf(file) {
  if (file.size > LARGEST) throw new Error(`${file.name}: ${file.size} > ${LARGEST} B`);
  return file.text();
}

/**
 * Give the reader a file.
 * @param {string} name of the table, whatever is in it
 * @param {string} toml
 */
export function save(name, toml) {
  const address = URL.createObjectURL(new Blob([toml], { type: "application/toml" }));
  h("a", { href: address, download: fileName(name) }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * A name that every system takes for a file, and none for a path.
 * @param {string} name
 */
export const fileName = (name) => `${name.replace(/[^\p{L}\p{N}_-]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "table"}.toml`;
