/** The notes' convolution sum, as they write it and with a unit's numbers in it. */

import { h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { byMap, number } from "./unit.js";

/** @typedef {import("./unit.js").Unit} Unit */

const WRITTEN = 3; // products that are written out

/**
 * z = b + sum of x w, for a unit that has weights.
 * @param {Unit} unit
 * @returns {HTMLElement | null}
 */
export function formula(unit) {
  if (unit.stages[0]?.kind !== "products") return null;
  const bias = unit.stages.find((stage) => stage.kind === "bias");
  const z = bias ?? unit.stages[0];
  const numbers = [bias ? `${number(bias.operands[0])} + ` : "", addends(unit), ` = ${number(z.value)}`].join("");
  return h("div", { class: "formula-box" },
    h("p", { class: "formula" }, unit.unit.length === 3 ? overMaps(unit, Boolean(bias)) : overUnits(Boolean(bias))),
    h("p", { class: "formula number" }, h("i", {}, "z"), h("sub", {}, order(unit.unit).join(",")), " = ", numbers));
}

/**
 * i, j, k as the notes have them: the map comes last.
 * @param {number[]} unit
 */
const order = ([map, ...place]) => [...place, map];

/**
 * @param {Unit} unit
 * @param {boolean} biased
 */
function overMaps({ window }, biased) {
  const before = window?.padding.map((sides) => sides[0]) ?? [0, 0];
  const stride = window?.stride ?? [1, 1];
  const place = (/** @type {string} */ name, /** @type {number} */ axis, /** @type {string} */ offset) =>
    `${name}′ = ${name}·${stride[axis]} + ${offset}${before[axis] ? ` − ${before[axis]}` : ""}`;
  return [
    symbol("z", "i,j,k"), " = ", ...(biased ? [symbol("b", "k"), " + "] : []), sigma("u"), sigma("v"), sigma("k′"),
    symbol("x", "i′,j′,k′"), " × ", symbol("w", "u,v,k′,k"),
    h("span", { class: "quiet" }, ` ${t("layers.formula.where")} ${place("i", 0, "u")}, ${place("j", 1, "v")}`),
  ];
}

/** @param {boolean} biased */
const overUnits = (biased) => [
  symbol("z", "k"), " = ", ...(biased ? [symbol("b", "k"), " + "] : []), sigma("k′"), symbol("x", "k′"), " × ", symbol("w", "k′,k"),
];

/**
 * The sums of the input maps; of a single map, or of single units, products.
 * @param {Unit} unit
 */
function addends({ grids, terms }) {
  if (grids && grids.shown.length + grids.left > 1) {
    const sums = byMap(grids.shown).map((grid) => bracketed(grid.sum));
    return [...sums, ...(grids.left ? [bracketed(grids.rest)] : [])].join(" + ");
  }
  const products = grids ? grids.shown[0].x.flatMap((line, row) =>
    line.map((x, column) => ({ x, w: grids.shown[0].w?.[row][column] ?? null }))) : terms?.shown ?? [];
  const most = [...products].sort((a, b) => Math.abs((b.x ?? 0) * (b.w ?? 0)) - Math.abs((a.x ?? 0) * (a.w ?? 0)));
  const left = products.length + (terms?.left ?? 0) - Math.min(WRITTEN, products.length);
  const written = most.slice(0, WRITTEN).map(({ x, w }) => `${bracketed(x)}×${bracketed(w)}`);
  return [...written, ...(left > 0 ? [`… (${t("layers.formula.more", { count: n(left) })})`] : [])].join(" + ");
}


/** @param {number | null} value */
const bracketed = (value) => (value !== null && value < 0 ? `(${number(value)})` : number(value));

/**
 * @param {string} letter
 * @param {string} index
 */
const symbol = (letter, index) => h("span", {}, h("i", {}, letter), h("sub", {}, index));

/** @param {string} index */
const sigma = (index) => h("span", { class: "sigma" }, "Σ", h("sub", {}, index));
