/** The notes' worked examples as pairs of tables, to open beside each other. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";

/** @type {[string, string][]} */
const PAIRS = [["notes:5x5", "notes:two-3x3"], ["notes:direct", "notes:bottleneck"], ["notes:9-5-3-1", "notes:5x5"]];

/**
 * @param {(pair: [string, string]) => Promise<void>} open
 * @returns {HTMLElement[]}
 */
export const examples = (open) => [
  h("span", { class: "muted" }, t("table.examples")),
  ...PAIRS.map((pair) => h("button", { on: { click: () => open(pair).catch(showError) } }, pair.join(" | "))),
];
