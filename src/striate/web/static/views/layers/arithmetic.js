/** The arithmetic of a unit: window, weights and products, their sum step by step, and the network's own value. */

import { diverging, textOn } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { addTexts, formatNumber, t } from "../../lib/i18n.js";
import { convolutionFormula } from "./formula.js";
import { formatValue, sortByMap } from "./geometry.js";
import { en } from "../../strings/layers.en.js";
import { ko } from "../../strings/layers.ko.js";

/** @import { Cells, Grid, Grids, Stage, StringKey, Terms, Unit } from "../../lib/types.d.ts" */

addTexts({ en, ko });

/**
 * @param {(input: number) => void} onInput another input map is selected
 * @returns {{ element: HTMLElement, show: (unit: Unit, input: number | null) => void }}
 */
export function unitArithmetic(onInput) {
  const element = h("div", { class: "arithmetic" });
  return {
    element,
    show(unit, input) {
      replaceChildren(
        element,
        h("h2", {}, unit.unit.length === 3
          ? t("layers.name", { path: unit.path, map: unit.unit[0], row: unit.unit[1], column: unit.unit[2] })
          : t("layers.name.flat", { path: unit.path, unit: unit.unit[0] })),
        convolutionFormula(unit),
        unit.grids ? gridsOf(unit, unit.grids, input, onInput) : null,
        unit.terms ? termsOf(unit, unit.terms) : null,
        stagesOf(unit),
      );
    },
  };
}

/** For a narrow cell. @param {number | null} value */
function formatShort(value) {
  if (value === null) return "";
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return formatNumber(value, { signDisplay: "negative", ...(Math.abs(value) < 100 ? two : { maximumSignificantDigits: 3 }) });
}

/**
 * @param {Unit} unit
 * @param {Grids} grids
 * @param {number | null} input
 * @param {(input: number) => void} onInput
 */
function gridsOf(unit, grids, input, onInput) {
  const grid = grids.shown.find((one) => one.map === input) ?? grids.shown[0];
  const parts = /** @type {[StringKey, Cells | null, string][]} */ ([
    ["layers.window", grid.x, ""], ["layers.weights", grid.w, "×"], ["layers.products", grid.products, "="],
  ]);
  const largest = unit.stages[0]?.kind === "largest" ? unit.stages[0].value : null;
  return h("div", { class: "stack" },
    grids.shown.length > 1 ? inputButtons(grids, grid, onInput) : null,
    h("div", { class: "grids" }, parts.flatMap(([key, cells, sign]) => cells === null ? [] : h("div", { class: "signed" },
      sign ? h("span", { class: "sign", "aria-hidden": "true" }, sign) : null,
      numberTable(t(key), cells, key === "layers.window" ? paddingTest(unit, grids) : () => false, largest)))));
}

/**
 * The input maps that contribute most, each with its sum.
 * @param {Grids} grids
 * @param {Grid} selected
 * @param {(input: number) => void} onInput
 */
function inputButtons(grids, selected, onInput) {
  return h("div", { class: "toolbar inputs", role: "group", "aria-label": t("layers.inputs") },
    h("span", { class: "muted" }, t("layers.inputs")),
    sortByMap(grids.shown).map((grid) => h("button", { "aria-pressed": String(grid === selected), on: { click: () => onInput(grid.map) } },
      `${grid.map}: `, h("span", { class: "number" }, formatValue(grid.sum)))),
    grids.left ? h("span", { class: "muted" },
      t("layers.inputs.rest", { count: formatNumber(grids.left), sum: formatValue(grids.rest) })) : null);
}

/**
 * Whether a cell of the window is padding.
 * @param {Unit} unit
 * @param {Grids} grids
 * @returns {(row: number, column: number) => boolean}
 */
function paddingTest({ input }, { places }) {
  const isOutside = (/** @type {number} */ at, /** @type {number} */ size) => at < 0 || at >= size;
  return (row, column) => isOutside(places[0][row], input[1]) || isOutside(places[1][column], input[2]);
}

/**
 * @param {string} title
 * @param {Cells} cells
 * @param {(row: number, column: number) => boolean} isPadding
 * @param {number | null} largest a value to highlight
 */
function numberTable(title, cells, isPadding, largest) {
  const scale = Math.max(...cells.flat().map((value) => Math.abs(value ?? 0))) || 1;
  return h("div", { class: "grid" }, h("table", {}, h("caption", {}, title), h("tbody", {}, cells.map((line, row) =>
    h("tr", {}, line.map((value, column) =>
      numberCell(value, scale, isPadding(row, column), value !== null && value === largest)))))));
}

/**
 * @param {number | null} value
 * @param {number} scale
 * @param {boolean} padded
 * @param {boolean} largest
 */
function numberCell(value, scale, padded, largest) {
  const title = padded ? t("layers.padded") : formatValue(value);
  const element = h("td", { class: `${padded ? "padded" : ""} ${largest ? "largest" : ""}`.trim(), title }, formatShort(value));
  if (!padded && value !== null) {
    const color = diverging(Math.round((value / scale) * 127 + 128));
    element.style.background = `rgb(${color.join(" ")})`;
    element.style.color = textOn(color);
  }
  return element;
}

/**
 * The largest terms of a unit without a window, as bars; it may have hundreds.
 * @param {Unit} unit
 * @param {Terms} terms
 */
function termsOf(unit, terms) {
  const largest = Math.max(...terms.shown.map((term) => Math.abs(term.product ?? 0))) || 1;
  const weighted = terms.shown.some((term) => term.w !== null);
  const nameOf = (/** @type {number[]} */ at) => unit.type === "Add" ? t(at[0] ? "maps.shortcut" : "maps.body") : at.join(", ");
  if (terms.shown.length === 1 && !weighted) {
    return h("p", {}, t("layers.cell", { at: nameOf(terms.shown[0].at), value: formatValue(terms.shown[0].x) }));
  }
  const headings = [t("layers.input"), "x", ...(weighted ? ["w", unit.type === "RBF" ? "(x − w)²" : "x × w"] : []), ""];
  const lines = terms.shown.map((term) => {
    const bar = h("span", { class: (term.product ?? 0) < 0 ? "bar negative" : "bar" });
    bar.style.width = `${(100 * Math.abs(term.product ?? 0)) / largest}%`;
    return h("tr", {}, h("th", { scope: "row" }, nameOf(term.at)), h("td", {}, formatValue(term.x)),
      weighted ? [h("td", {}, formatValue(term.w)), h("td", {}, formatValue(term.product))] : null, h("td", { class: "bar-cell" }, bar));
  });
  return h("div", { class: "terms" },
    h("table", { class: "number" },
      h("thead", {}, h("tr", {}, headings.map((heading) => h("th", { scope: "col" }, heading)))), h("tbody", {}, lines)),
    terms.left ? h("p", { class: "muted" },
      t("layers.terms.rest", { count: formatNumber(terms.left), sum: formatValue(terms.rest) })) : null);
}

/** @param {Unit} unit */
function stagesOf(unit) {
  const describe = (/** @type {Stage} */ { kind, operands }) => {
    const [a = null, b = null] = operands;
    return t(/** @type {StringKey} */ (`layers.stage.${kind}`), { a: formatValue(a), b: formatValue(b) });
  };
  return h("div", {},
    h("ol", { class: "stages" }, unit.stages.map((stage) =>
      h("li", {}, h("span", {}, describe(stage)), h("output", { class: "number" }, formatValue(stage.value))))),
    h("p", { class: "network" }, h("span", {}, t("layers.network")), h("output", { class: "number" }, formatValue(unit.network))));
}
