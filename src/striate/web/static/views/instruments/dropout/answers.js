/** The probabilities of the whole network and of the means of the thinned ones, side by side. */

import { h } from "../../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../../lib/i18n.js";

/** @import { DropoutAnswer, DropoutResponse, StringKey } from "../../../lib/types.d.ts" */

const ANSWERS = /** @type {const} */ (["whole", "arithmetic", "geometric"]);

/** @param {DropoutResponse} response */
export function answersTable({ classes, answers, votes, draws }) {
  const count = formatNumber(draws);
  return h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("dropout.class")),
      ANSWERS.map((name) => h("th", { scope: "col" }, t(/** @type {StringKey} */ (`dropout.answer.${name}`), { count }))),
      h("th", { scope: "col", class: "votes" }, t("dropout.votes")))),
    h("tbody", {}, classes.map((one, i) => h("tr", {}, h("th", { scope: "row" }, one.class),
      ANSWERS.map((name) => bar(answers[name], i)), h("td", { class: "votes number" }, formatNumber(votes[i]))))));
}

/** @param {DropoutAnswer} answer @param {number} i */
function bar({ probabilities }, i) {
  const fill = h("span", { class: "fill" });
  fill.style.setProperty("--probability", String(probabilities[i]));
  return h("td", {}, h("span", { class: "cell" }, fill, h("span", { class: "number" }, formatPercent(probabilities[i]))));
}
