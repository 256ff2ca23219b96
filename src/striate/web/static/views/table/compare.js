/** Two tables side by side: their modules in pairs, and the ratios of their totals. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { TOTALS, totalName } from "./totals.js";

/** @import { Comparison, ModuleCost } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} element
 * @param {Comparison} comparison
 */
export function showComparison(element, { first, second, ratios, modules }) {
  const tables = [first, second];
  const scroll = { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("table.compare") };
  const ratio = (/** @type {number | null} */ value) =>
    value === null ? "–" : `×${formatNumber(value, { maximumSignificantDigits: 3 })}`;
  replaceChildren(element, h("div", scroll, h("table", { class: "comparison" },
    h("thead", {},
      h("tr", {}, tables.map((table) => h("th", { colSpan: 3, scope: "colgroup" }, `${table.name} · ${table.input.join("×")}`))),
      h("tr", {}, tables.flatMap(() =>
        [heading("table.layer", ""), heading("table.parameters", "number"), heading("table.macs", "number")]))),
    h("tbody", {}, modules.map((pair) => h("tr", {}, [...moduleCells(pair.first, ""), ...moduleCells(pair.second, "second")]))))),
  h("div", { class: "scroll" }, h("table", { class: "ratios" },
    h("thead", {}, h("tr", {}, ["", ...tables.map((table) => table.name), t("table.ratio")].map((name) =>
      h("th", { scope: "col" }, name)))),
    h("tbody", {}, TOTALS.map(([name, format]) => h("tr", { "data-total": name },
      h("th", { scope: "row" }, totalName(name)), tables.map((table) => h("td", { class: "number" }, format(table.total[name]))),
      h("td", { class: "number" }, ratio(ratios[name]))))))));
}

/**
 * @param {"table.layer" | "table.parameters" | "table.macs"} key
 * @param {string} name
 */
const heading = (key, name) => h("th", { scope: "col", class: name }, t(key));

/**
 * @param {ModuleCost | null} module
 * @param {string} side
 * @returns {HTMLElement[]}
 */
function moduleCells(module, side) {
  if (!module) return [h("td", { class: `absent ${side}`, colSpan: 3 }, "–")];
  return [h("th", { scope: "row", class: side }, module.path), ...[module.parameters, module.macs].map((value) =>
    h("td", { class: "number" }, value ? formatNumber(value) : "–"))];
}
