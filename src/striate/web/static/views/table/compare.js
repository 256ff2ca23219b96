/** Two tables side by side: the ratios of their totals, and their modules in pairs. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { shaded } from "../../lib/scroll-shade.js";
import { TOTALS, totalName } from "./totals.js";

/** @import { Comparison, ModuleCost } from "../../lib/types.d.ts" */

/**
 * The card of a comparison, hidden without one.
 * @param {() => void} onClose
 * @returns {{ element: HTMLElement, show: (comparison: Comparison) => void, refuse: () => void, hide: () => void }} `refuse`
 *   shows that an impossible table cannot be compared
 */
export function comparisonCard(onClose) {
  const content = h("div", { class: "comparison-tables" });
  const close = h("button", { class: "close", "aria-label": t("link.close"), title: t("link.close"), on: { click: onClose } }, "×");
  const element = h("section", { class: "card second", "aria-label": t("table.compare"), hidden: true },
    h("div", { class: "head" }, h("h2", {}, t("table.compare")), close), content,
    h("p", { class: "muted explanation" }, t("table.compare.why")));
  const fill = (/** @type {HTMLElement[]} */ ...parts) => {
    replaceChildren(content, ...parts);
    element.hidden = parts.length === 0;
  };
  return {
    element,
    show: (comparison) => fill(totalsTable(comparison), modulesTable(comparison)),
    refuse: () => fill(h("p", { class: "muted" }, t("table.impossible"))),
    hide: () => fill(),
  };
}

/** @param {Comparison} comparison */
function totalsTable({ first, second, ratios }) {
  const tables = [first, second];
  const ratio = (/** @type {number | null} */ value) =>
    value === null ? "–" : `×${formatNumber(value, { maximumSignificantDigits: 3 })}`;
  return shaded(h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("table.totals") }, h("table", { class: "ratios" },
    h("thead", {}, h("tr", {}, ["", ...tables.map((table) => table.name), t("table.ratio")].map((name) =>
      h("th", { scope: "col" }, name)))),
    h("tbody", {}, TOTALS.map(([name, format]) => h("tr", { "data-total": name },
      h("th", { scope: "row" }, totalName(name)), tables.map((table) => h("td", { class: "number" }, format(table.total[name]))),
      h("td", { class: "number" }, ratio(ratios[name]))))))));
}

/** @param {Comparison} comparison */
function modulesTable({ first, second, modules }) {
  return shaded(h("div", { class: "scroll modules", tabIndex: 0, role: "region", "aria-label": t("table.compare") },
    h("table", { class: "comparison" },
      h("thead", {},
        h("tr", {}, [first, second].map((table) => h("th", { colSpan: 3, scope: "colgroup" }, `${table.name} · ${table.input.join("×")}`))),
        h("tr", {}, [first, second].flatMap(() =>
          [heading("table.layer", ""), heading("table.parameters", "number"), heading("table.macs", "number")]))),
      h("tbody", {}, modules.map((pair) => h("tr", {}, [...moduleCells(pair.first, ""), ...moduleCells(pair.second, "second")]))))));
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
