/** Tables as .toml files. */

import { post } from "../../lib/api.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { TableReport } from "../../lib/types.d.ts" */

const MAX_BYTES = 200_000; // as the server

/**
 * The table of a file. An error, with the file's name, if it is too large or no table.
 * @param {File} file
 * @returns {Promise<TableReport>}
 */
export async function readTable(file) {
  if (file.size > MAX_BYTES) throw new Error(t("table.too_large", { name: file.name, most: formatNumber(MAX_BYTES) }));
  try {
    return await post("table", { toml: await file.text() });
  } catch (error) {
    throw new Error(`${file.name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
