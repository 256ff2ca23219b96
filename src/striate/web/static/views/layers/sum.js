/** The arithmetic of a unit with its numbers: window, weights and products, their sum, and what the network itself says. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { signed } from "../../lib/pixels.js";
import { formula } from "./formula.js";
import { byMap, number } from "./unit.js";

/** @typedef {import("../../lib/language.js").Key} Key */
/** @typedef {import("./unit.js").Unit} Unit */
/** @typedef {import("./unit.js").Grids} Grids */
/** @typedef {import("./unit.js").Grid} Grid */
/** @typedef {import("./unit.js").Terms} Terms */
/** @typedef {import("./unit.js").Cells} Cells */

/**
 * @param {(input: number) => void} choose another of the input maps
 * @returns {{ element: HTMLElement, show: (unit: Unit, input: number | null) => void }}
 */
export function sum(choose) {
  const element = h("div", { class: "sum" });
  return {
    element,
    show(unit, input) {
      fill(
        element,
        h("h2", {}, unit.unit.length === 3
          ? t("layers.name", { path: unit.path, map: unit.unit[0], row: unit.unit[1], column: unit.unit[2] })
          : t("layers.name.flat", { path: unit.path, unit: unit.unit[0] })),
        formula(unit),
        unit.grids ? gridsOf(unit, unit.grids, input, choose) : null,
        unit.terms ? termsOf(unit, unit.terms) : null,
        stagesOf(unit),
      );
    },
  };
}

/** For a narrow cell. @param {number | null} value */
function short(value) {
  if (value === null) return "";
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return n(value, { signDisplay: "negative", ...(Math.abs(value) < 100 ? two : { maximumSignificantDigits: 3 }) });
}

/**
 * @param {Unit} unit
 * @param {Grids} grids
 * @param {number | null} input
 * @param {(input: number) => void} choose
 */
function gridsOf(unit, grids, input, choose) {
  const grid = grids.shown.find((one) => one.map === input) ?? grids.shown[0];
  const parts = /** @type {[Key, Cells | null, string][]} */ ([
    ["layers.window", grid.x, ""], ["layers.weights", grid.w, "×"], ["layers.products", grid.products, "="],
  ]);
  const best = unit.stages[0]?.kind === "largest" ? unit.stages[0].value : null;
  return h("div", { class: "stack" },
    grids.shown.length > 1 ? inputs(grids, grid, choose) : null,
    h("div", { class: "grids" }, parts.flatMap(([key, cells, sign]) => cells === null ? [] : h("div", { class: "signed" },
      sign ? h("span", { class: "sign", "aria-hidden": "true" }, sign) : null,
      table(t(key), cells, key === "layers.window" ? outside(unit, grids) : () => false, best)))));
}

/**
 * The input maps that count most, each with what it adds, as buttons.
 * @param {Grids} grids
 * @param {Grid} chosen
 * @param {(input: number) => void} choose
 */
function inputs(grids, chosen, choose) {
  return h("div", { class: "tools inputs", role: "group", "aria-label": t("layers.inputs") },
    h("span", { class: "quiet" }, t("layers.inputs")),
    byMap(grids.shown).map((grid) => h("button", { "aria-pressed": String(grid === chosen), on: { click: () => choose(grid.map) } },
      `${grid.map}: `, h("span", { class: "number" }, number(grid.sum)))),
    grids.left ? h("span", { class: "quiet" }, t("layers.left", { count: n(grids.left), rest: number(grids.rest) })) : null);
}

/**
 * Whether a cell of the window lies in the padding.
 * @param {Unit} unit
 * @param {Grids} grids
 * @returns {(row: number, column: number) => boolean}
 */
function outside({ input }, { places }) {
  const out = (/** @type {number} */ at, /** @type {number} */ size) => at < 0 || at >= size;
  return (row, column) => out(places[0][row], input[1]) || out(places[1][column], input[2]);
}

/**
 * @param {string} title
 * @param {Cells} cells
 * @param {(row: number, column: number) => boolean} padded
 * @param {number | null} best a value to point at
 */
function table(title, cells, padded, best) {
  const scale = Math.max(...cells.flat().map((value) => Math.abs(value ?? 0))) || 1;
  return h("div", { class: "grid" }, h("table", {}, h("caption", {}, title), h("tbody", {}, cells.map((line, row) =>
    h("tr", {}, line.map((value, column) => cell(value, scale, padded(row, column), value !== null && value === best)))))));
}

/**
 * @param {number | null} value
 * @param {number} scale
 * @param {boolean} padded
 * @param {boolean} best
 */
function cell(value, scale, padded, best) {
  const title = padded ? t("layers.padded") : number(value);
  const element = h("td", { class: `${padded ? "padded" : ""} ${best ? "best" : ""}`.trim(), title }, short(value));
  if (!padded && value !== null) {
    const [r, g, b] = signed(Math.round((value / scale) * 127 + 128));
    element.style.background = `rgb(${r} ${g} ${b})`;
    element.style.color = 0.3 * r + 0.6 * g + 0.1 * b > 110 ? "#000" : "#fff";
  }
  return element;
}

/**
 * The terms that count most, as bars; a unit without a window sees hundreds.
 * @param {Unit} unit
 * @param {Terms} terms
 */
function termsOf(unit, terms) {
  const most = Math.max(...terms.shown.map((term) => Math.abs(term.product ?? 0))) || 1;
  const weighed = terms.shown.some((term) => term.w !== null);
  const named = (/** @type {number[]} */ at) => unit.type === "Add" ? t(at[0] ? "maps.shortcut" : "maps.body") : at.join(", ");
  if (terms.shown.length === 1 && !weighed) {
    return h("p", {}, t("layers.cell", { at: named(terms.shown[0].at), value: number(terms.shown[0].x) }));
  }
  const heads = [t("layers.input"), "x", ...(weighed ? ["w", unit.type === "RBF" ? "(x − w)²" : "x × w"] : []), ""];
  const lines = terms.shown.map((term) => {
    const bar = h("span", { class: (term.product ?? 0) < 0 ? "amount below" : "amount" });
    bar.style.width = `${(100 * Math.abs(term.product ?? 0)) / most}%`;
    return h("tr", {}, h("th", { scope: "row" }, named(term.at)), h("td", {}, number(term.x)),
      weighed ? [h("td", {}, number(term.w)), h("td", {}, number(term.product))] : null, h("td", { class: "line" }, bar));
  });
  return h("div", { class: "terms" },
    h("table", { class: "number" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, lines)),
    terms.left ? h("p", { class: "quiet" }, t("layers.left.terms", { count: n(terms.left), rest: number(terms.rest) })) : null);
}

/** @param {Unit} unit */
function stagesOf(unit) {
  const words = (/** @type {import("./unit.js").Stage} */ { kind, operands }) => {
    const [a = null, b = null] = operands;
    return t(/** @type {Key} */ (`layers.stage.${kind}`), { a: number(a), b: number(b) });
  };
  return h("div", {},
    h("ol", { class: "stages" }, unit.stages.map((stage) =>
      h("li", {}, h("span", {}, words(stage)), h("output", { class: "number" }, number(stage.value))))),
    h("p", { class: "network" }, h("span", {}, t("layers.network")), h("output", { class: "number" }, number(unit.network))));
}
