/** The notes' convolution sum: the equation, and below it the equation with a unit's numbers. */

import { h } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { formatValue, sortByMap } from "./geometry.js";

/** @import { Unit } from "../../lib/types.d.ts" */

const SHOWN_PRODUCTS = 3;

/**
 * z = b + sum of x w, for a unit with weights.
 * @param {Unit} unit
 * @returns {HTMLElement | null}
 */
export function convolutionFormula(unit) {
  if (unit.stages[0]?.kind !== "products") return null;
  const bias = unit.stages.find((stage) => stage.kind === "bias");
  const z = bias ?? unit.stages[0];
  const numbers = [bias ? `${formatValue(bias.operands[0])} + ` : "", addends(unit), ` = ${formatValue(z.value)}`].join("");
  const equation = unit.unit.length === 3 ? sumOverMaps(unit, Boolean(bias)) : sumOverUnits(Boolean(bias));
  return h("div", { class: "formula-box" },
    h("p", { class: "formula" }, equation),
    h("p", { class: "formula number" }, h("i", {}, "z"), h("sub", {}, mapLast(unit.unit).join(",")), " = ", numbers));
}

/**
 * The order of the indices in the notes: i, j, k.
 * @param {number[]} unit
 */
const mapLast = ([map, ...position]) => [...position, map];

/**
 * @param {Unit} unit
 * @param {boolean} hasBias
 */
function sumOverMaps({ window }, hasBias) {
  const before = window?.padding.map((sides) => sides[0]) ?? [0, 0];
  const stride = window?.stride ?? [1, 1];
  const index = (/** @type {string} */ name, /** @type {number} */ axis, /** @type {string} */ offset) =>
    `${name}′ = ${name}·${stride[axis]} + ${offset}${before[axis] ? ` − ${before[axis]}` : ""}`;
  return [
    symbol("z", "i,j,k"), " = ", ...(hasBias ? [symbol("b", "k"), " + "] : []), sigma("u"), sigma("v"), sigma("k′"),
    symbol("x", "i′,j′,k′"), " × ", symbol("w", "u,v,k′,k"),
    h("span", { class: "muted" }, ` ${t("layers.formula.where")} ${index("i", 0, "u")}, ${index("j", 1, "v")}`),
  ];
}

/** @param {boolean} hasBias */
const sumOverUnits = (hasBias) => [
  symbol("z", "k"), " = ", ...(hasBias ? [symbol("b", "k"), " + "] : []), sigma("k′"), symbol("x", "k′"), " × ", symbol("w", "k′,k"),
];

/**
 * The sums of the input maps; of a single map or of units, the largest products.
 * @param {Unit} unit
 */
function addends({ grids, terms }) {
  if (grids && grids.shown.length + grids.left > 1) {
    const sums = sortByMap(grids.shown).map((grid) => bracketed(grid.sum));
    return [...sums, ...(grids.left ? [bracketed(grids.rest)] : [])].join(" + ");
  }
  const products = grids ? grids.shown[0].x.flatMap((line, row) =>
    line.map((x, column) => ({ x, w: grids.shown[0].w?.[row][column] ?? null }))) : terms?.shown ?? [];
  const sorted = [...products].sort((a, b) => Math.abs((b.x ?? 0) * (b.w ?? 0)) - Math.abs((a.x ?? 0) * (a.w ?? 0)));
  const hidden = products.length + (terms?.left ?? 0) - Math.min(SHOWN_PRODUCTS, products.length);
  const shown = sorted.slice(0, SHOWN_PRODUCTS).map(({ x, w }) => `${bracketed(x)}×${bracketed(w)}`);
  return [...shown, ...(hidden > 0 ? [`… (${t("layers.formula.more", { count: formatNumber(hidden) })})`] : [])].join(" + ");
}

/** A negative number in brackets. @param {number | null} value */
const bracketed = (value) => (value !== null && value < 0 ? `(${formatValue(value)})` : formatValue(value));

/**
 * @param {string} letter
 * @param {string} index
 */
const symbol = (letter, index) => h("span", {}, h("i", {}, letter), h("sub", {}, index));

/** @param {string} index */
const sigma = (index) => h("span", { class: "sigma" }, "Σ", h("sub", {}, index));
