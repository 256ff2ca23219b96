/** The paper's formula, and below it the formula with the numbers of one map. */

import { h } from "../../../lib/dom.js";
import { formatNumber, t } from "../../../lib/i18n.js";
import { formatValue } from "./maps.js";

/** @import { LrnResponse, LrnState } from "../../../lib/types.d.ts" */

/**
 * @param {LrnResponse} answer
 * @param {LrnState} settings
 */
export function formula({ after, first, last, squares }, { values, k, alpha, beta, channel }) {
  const window = values.slice(first[channel], last[channel] + 1);
  const sum = window.map((value) => `${formatValue(value)}²`).join(" + ");
  const divisor = formatNumber(k + alpha * squares[channel], { maximumSignificantDigits: 5 });
  const [a, weight] = [formatValue(values[channel]), formatNumber(alpha, { maximumSignificantDigits: 2 })];
  const power = () => h("sup", {}, formatValue(beta));
  return [
    h("h2", {}, t("lrn.formula", { map: channel })),
    h("p", { class: "formula" }, symbol("b", channel), " = ", symbol("a", channel), " / (", h("i", {}, "k"), " + ", h("i", {}, "α"), " Σ ",
      symbol("a", "j"), "²)", h("sup", {}, h("i", {}, "β")), h("span", { class: "muted" }, `   j = ${first[channel]} … ${last[channel]}`)),
    h("p", { class: "formula number" }, symbol("b", channel), ` = ${a} / (${formatValue(k)} + ${weight} · (${sum}))`, power()),
    h("p", { class: "formula number" }, symbol("b", channel), ` = ${a} / ${divisor}`, power(), " = ",
      h("output", {}, formatValue(after[channel]))),
  ];
}

/** @param {string} letter @param {number | string} index */
const symbol = (letter, index) => h("span", {}, h("i", {}, letter), h("sub", {}, String(index)));
