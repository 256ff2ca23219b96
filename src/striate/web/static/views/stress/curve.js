/** The probabilities over one change, with a mark where its slider is, and in words how far the answer holds. */

import { lineChart } from "../../lib/chart.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { called, written } from "./sliders.js";

/**
 * @typedef {{
 *   change: string, plain: { class: string, index: number }, amounts: number[],
 *   lines: { class: string, index: number, probabilities: number[] }[], still: [number, number] | null,
 * }} Curve
 */

export function curveCard() {
  const title = h("h2");
  const words = h("p", { class: "still", role: "status" });
  const box = h("div");
  /** @type {Map<number, number>} the colour of each class that has a line */
  let colours = new Map();
  return {
    element: h("section", { class: "card curve" }, title, words, box),
    /** @param {Curve} curve @param {number} amount where the slider is @param {number} neutral where it changes nothing */
    show(curve, amount, neutral) {
      colours = coloured(curve.lines.map((line) => line.index), colours);
      const said = sentence(curve, neutral);
      title.textContent = t("stress.curve", { name: called(curve.change) });
      if (words.textContent !== said) words.textContent = said;
      fill(box, lineChart({
        label: `${t("stress.curve", { name: called(curve.change) })}. ${said}`,
        x: t(/** @type {import("../../lib/language.js").Key} */ (`stress.axis.${curve.change}`)),
        y: t("stress.probability"),
        lines: curve.lines.map((line) => ({
          name: line.class,
          colour: colours.get(line.index),
          dashed: line.index !== curve.plain.index,
          points: line.probabilities.map((share, i) => /** @type {[number, number]} */ ([curve.amounts[i], share])),
        })),
        xRange: [curve.amounts[0], curve.amounts[curve.amounts.length - 1]],
        yRange: [0, 1],
        percent: true,
        mark: amount,
        width: Math.max(320, box.clientWidth),
        height: 240,
      }));
    },
  };
}

/** @param {Curve} curve @param {number} neutral @returns {string} */
function sentence({ change, plain, amounts, still }, neutral) {
  if (!still) return t("stress.lost", { class: plain.class, neutral: written(change, neutral) });
  const [from, to] = still.map((amount) => written(change, amount));
  const all = still[0] === amounts[0] && still[1] === amounts[amounts.length - 1];
  return t(all ? "stress.always" : "stress.still", { class: plain.class, from, to });
}

/**
 * Classes that had a line keep its colour; the others get those that are free.
 * @param {number[]} classes
 * @param {Map<number, number>} before
 * @returns {Map<number, number>}
 */
function coloured(classes, before) {
  const taken = new Set(classes.map((index) => before.get(index)));
  const free = [0, 1, 2, 3, 4, 5].filter((colour) => !taken.has(colour));
  return new Map(classes.map((index) => [index, before.get(index) ?? /** @type {number} */ (free.shift())]));
}
