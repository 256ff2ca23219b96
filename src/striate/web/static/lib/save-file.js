/** Files that the page offers for download. */

import { h } from "./dom.js";

/**
 * Offer a file for download.
 * @param {string} name of what it holds, any text
 * @param {string} suffix
 * @param {BlobPart} content
 */
export function saveFile(name, suffix, content) {
  const url = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  h("a", { href: url, download: `${fileStem(name)}.${suffix}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * A file's name that every system accepts: on Windows some names are devices, whatever their suffix.
 * @param {string} name
 */
function fileStem(name) {
  const letters = name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}_-]+/gu, "-");
  const stem = [...letters].slice(0, 60).join("").replace(/^[-_]+|[-_]+$/g, "") || "table";
  return `${stem}${/^(con|prn|aux|nul|(com|lpt)[0-9¹²³])$/i.test(stem) ? "_" : ""}`;
}
