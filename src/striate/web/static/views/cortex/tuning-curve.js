/** The tuning curve of a unit: its response over orientation, and as a polar plot. */

import { lineChart } from "../../lib/chart.js";
import { h, replaceChildren, setText, svg } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { ChartLine, Tuning } from "../../lib/types.d.ts" */

/** @returns {{ element: HTMLElement, show: (tuning: Tuning, present: number) => void }} */
export function tuningCurve() {
  const chart = h("div", { class: "chart-place" });
  const polar = h("div", {});
  const summary = h("p", { class: "summary", role: "status" });
  return {
    element: h("div", { class: "curve" }, chart, h("div", { class: "columns" }, polar, summary)),
    show(tuning, present) {
      const range = withMargin(Math.min(0, ...tuning.responses), Math.max(0, ...tuning.responses));
      const text = summarize(tuning);
      replaceChildren(chart, lineChart({
        label: `${t("cortex.curve")}. ${text}`, x: t("tuning.orientation"), y: t("tuning.response"), xRange: [0, 180], yRange: range,
        width: chart.clientWidth || 520, height: 250, lines: chartLines(tuning, present, range),
      }));
      replaceChildren(polar, polarPlot(tuning, present));
      setText(summary, text);
    },
  };
}

/** The orientation of the largest response, in degrees. @param {Tuning} tuning */
const largestAt = ({ orientations, responses }) => orientations[responses.indexOf(Math.max(...responses))];

/** @param {Tuning} tuning */
function summarize(tuning) {
  if (tuning.preferred === null) return t("cortex.silent");
  const values = {
    degrees: formatNumber(Math.round(tuning.preferred) % 180),
    selectivity: formatNumber(tuning.selectivity, { maximumFractionDigits: 2, minimumFractionDigits: 2 }),
  };
  return t(tuning.selective ? "cortex.selective" : "cortex.unselective", values);
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
function withMargin(low, high) {
  if (low === high) return [-1, 1];
  const margin = (high - low) * 0.05;
  return [low < 0 ? low - margin : 0, high > 0 ? high + margin : 0];
}

/**
 * The responses; and as vertical lines the bar as it is now, the mean orientation, and that of the largest response.
 * @param {Tuning} tuning
 * @param {number} present
 * @param {[number, number]} range
 * @returns {ChartLine[]}
 */
function chartLines(tuning, present, range) {
  const vertical = (/** @type {number} */ degrees) => range.map((y) => /** @type {[number, number]} */ ([degrees, y]));
  const degrees = (/** @type {number} */ value) => formatNumber(Math.round(value) % 180);
  const points = tuning.orientations.map((at, i) => /** @type {[number, number]} */ ([at, tuning.responses[i]]));
  const largest = largestAt(tuning);
  return [
    { name: t("tuning.response"), points, color: 0, dots: true },
    { name: t("cortex.now"), points: vertical(tuning.orientations[present]), color: 5 },
    ...(tuning.preferred === null ? [] : [
      { name: t("cortex.mean", { degrees: degrees(tuning.preferred) }), points: vertical(tuning.preferred), color: 1, dashed: true },
      { name: t("cortex.maximum", { degrees: degrees(largest) }), points: vertical(largest), color: 3, dashed: true },
    ]),
  ];
}

/**
 * Each response as a bar through the centre, as long as it is.
 * @param {Tuning} tuning
 * @param {number} present
 */
function polarPlot(tuning, present) {
  const max = Math.max(...tuning.responses, 0) || 1;
  const bar = (/** @type {string} */ name, /** @type {number} */ degrees, /** @type {number} */ length) => {
    const [x, y] = [Math.cos((degrees * Math.PI) / 180) * length, Math.sin((degrees * Math.PI) / 180) * length];
    return svg("line", { class: name, x1: -x, y1: y, x2: x, y2: -y });
  };
  return svg(
    "svg",
    { viewBox: "-110 -110 220 220", class: "polar", role: "img", "aria-label": t("cortex.polar") },
    [50, 100].map((r) => svg("circle", { class: "ring", r })),
    tuning.responses.map((response, i) =>
      bar(i === present ? "present" : "response", tuning.orientations[i], (Math.max(0, response) / max) * 100)),
    tuning.preferred === null ? null : [bar("mean", tuning.preferred, 106), bar("maximum", largestAt(tuning), 106)],
  );
}
