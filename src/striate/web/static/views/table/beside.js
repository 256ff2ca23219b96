/** Two tables side by side: their modules in pairs, and the ratios of their totals. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { TOTALS, totalWord } from "./totals.js";

/** @typedef {{ path: string, parameters: number, macs: number } | null} Module */

/**
 * @param {HTMLElement} place
 * @param {any} found what `striate compare --json` prints
 */
export function showBeside(place, found) {
  const tables = [found.first, found.second];
  const scroll = { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("table.beside") };
  fill(place, h("div", scroll, h("table", { class: "beside" },
    h("thead", {},
      h("tr", {}, tables.map((table) => h("th", { colSpan: 3, scope: "colgroup" }, `${table.name} · ${table.input.join("×")}`))),
      h("tr", {}, tables.flatMap(() => [column("table.layer", ""), column("table.parameters", "number"), column("table.macs", "number")]))),
    h("tbody", {}, found.modules.map((/** @type {{ first: Module, second: Module }} */ pair) =>
      h("tr", {}, [...cells(pair.first, ""), ...cells(pair.second, "second")]))))),
  h("div", { class: "scroll" }, h("table", { class: "ratios" },
    h("thead", {}, h("tr", {}, ["", ...tables.map((table) => table.name), t("table.ratio")].map((name) =>
      h("th", { scope: "col" }, name)))),
    h("tbody", {}, TOTALS.map(([name, write]) => h("tr", { "data-total": name },
      h("th", { scope: "row" }, totalWord(name)), tables.map((table) => h("td", { class: "number" }, write(table.total[name]))),
      h("td", { class: "number" }, found.ratios[name] === null ? "–" : `×${n(found.ratios[name], { maximumSignificantDigits: 3 })}`)))))));
}

/**
 * @param {"table.layer" | "table.parameters" | "table.macs"} name
 * @param {string} kind
 */
const column = (name, kind) => h("th", { scope: "col", class: kind }, t(name));

/**
 * @param {Module} module
 * @param {string} side
 * @returns {HTMLElement[]}
 */
function cells(module, side) {
  if (!module) return [h("td", { class: `absent ${side}`, colSpan: 3 }, "–")];
  return [h("th", { scope: "row", class: side }, module.path), ...[module.parameters, module.macs].map((value) =>
    h("td", { class: "number" }, value ? n(value) : "–"))];
}
