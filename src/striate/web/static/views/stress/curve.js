/** The probabilities over one change, with a marker at its slider's amount, and the range in which the answer is stable. */

import { lineChart } from "../../lib/chart.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { changeName, formatAmount } from "./sliders.js";

/** @import { StressCurve, StringKey } from "../../lib/types.d.ts" */

export function curveCard() {
  const title = h("h2");
  const stableRange = h("p", { class: "stable-range", role: "status" });
  const chart = h("div");
  /** The colour of each class that has a line. @type {Map<number, number>} */
  let colors = new Map();
  return {
    element: h("section", { class: "card curve" }, title, stableRange, chart),
    /** @param {StressCurve} curve @param {number} amount of the slider @param {number} neutral the amount that changes nothing */
    show(curve, amount, neutral) {
      colors = assignColors(curve.lines.map((line) => line.index), colors);
      const name = t("stress.curve", { name: changeName(curve.change) });
      const sentence = stableRangeText(curve, neutral);
      title.textContent = name;
      setText(stableRange, sentence);
      replaceChildren(chart, lineChart({
        label: `${name}. ${sentence}`,
        x: t(/** @type {StringKey} */ (`stress.axis.${curve.change}`)),
        y: t("stress.probability"),
        lines: curve.lines.map((line) => ({
          name: line.class,
          color: colors.get(line.index),
          dashed: line.index !== curve.plain.index,
          points: line.probabilities.map((probability, i) => /** @type {[number, number]} */ ([curve.amounts[i], probability])),
        })),
        xRange: [curve.amounts[0], curve.amounts[curve.amounts.length - 1]],
        yRange: [0, 1],
        percent: true,
        marker: amount,
        width: Math.max(320, chart.clientWidth),
        height: 240,
      }));
    },
  };
}

/** @param {StressCurve} curve @param {number} neutral @returns {string} */
function stableRangeText({ change, plain, amounts, still }, neutral) {
  if (!still) return t("stress.lost", { class: plain.class, neutral: formatAmount(change, neutral) });
  const [from, to] = still.map((amount) => formatAmount(change, amount));
  if (from === to) return t("stress.only", { class: plain.class, at: from });
  const everywhere = still[0] === amounts[0] && still[1] === amounts[amounts.length - 1];
  return t(everywhere ? "stress.always" : "stress.stable", { class: plain.class, from, to });
}

/**
 * Classes that had a line keep its colour; the others get a free one.
 * @param {number[]} classes
 * @param {Map<number, number>} previous
 * @returns {Map<number, number>}
 */
function assignColors(classes, previous) {
  const taken = new Set(classes.map((index) => previous.get(index)));
  const free = [0, 1, 2, 3, 4, 5].filter((color) => !taken.has(color));
  return new Map(classes.map((index) => [index, previous.get(index) ?? /** @type {number} */ (free.shift())]));
}
