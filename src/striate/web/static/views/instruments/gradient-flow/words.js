/** What becomes of the gradient, in words: what it is called, by how much, and over how many seeds. */

import { h } from "../../../lib/dom.js";
import { formatNumber, t } from "../../../lib/i18n.js";
import { powerOfTen } from "../../../lib/powers.js";

/** @import { BenchSetting, GradientCourse, StringKey } from "../../../lib/types.d.ts" */

/** A setting in one line. @param {BenchSetting} setting */
export const settingName = ({ depth, shortcut, initialization, batch_norm: batchNorm }) =>
  t("bench.name", {
    depth,
    shortcut: t(shortcut ? "bench.shortcut.1" : "bench.shortcut.0"),
    initialization: t(/** @type {StringKey} */ (`bench.initialization.${initialization}`)),
    norm: t(batchNorm ? "bench.norm.1" : "bench.norm.0"),
  });

/**
 * @param {BenchSetting} setting
 * @param {GradientCourse} measured
 * @param {number} i the number of its line
 */
export function courseWords(setting, { course, ratio, layer, gradients, limit }, i) {
  const first = gradients.map(([atInput]) => atInput);
  const values = { median: powerOfTen(ratio.median), least: powerOfTen(ratio.least), most: powerOfTen(ratio.most), seeds: gradients.length,
    layer: formatNumber(layer, { maximumSignificantDigits: 3 }) };
  return h("div", { class: `course line-${i}` },
    h("p", { class: "verdict" }, h("span", { class: i ? "mark dashed" : "mark" }), t(/** @type {StringKey} */ (`bench.course.${course}`))),
    h("p", { class: "muted" }, settingName(setting)),
    h("p", {}, t("bench.ratio", values)),
    Math.max(...first) < limit ? h("p", {}, t("bench.float32")) : null);
}
