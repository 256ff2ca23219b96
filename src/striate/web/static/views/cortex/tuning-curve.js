/** The tuning curve of the orientations measured so far: over orientation, and as a polar plot. */

import { lineChart } from "../../lib/chart.js";
import { h, replaceChildren, setText, svg } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { ChartLine, Tuning } from "../../lib/types.d.ts" */

/** @returns {{ element: HTMLElement, show: (tuning: Tuning, measured: Set<number>, present: number) => void }} */
export function tuningCurve() {
  const chart = h("div", { class: "chart-place" });
  const polar = h("div", {});
  const summary = h("p", { class: "summary", role: "status" });
  return {
    element: h("div", { class: "curve" }, chart, h("div", { class: "columns" }, polar, summary)),
    show(tuning, measured, present) {
      const progress = t("cortex.progress", { measured: measured.size, all: tuning.orientations.length });
      const complete = measured.size === tuning.orientations.length;
      const range = withMargin(Math.min(0, ...tuning.responses), Math.max(0, ...tuning.responses));
      const preferred = complete && tuning.preferred !== null ? [preferredLine(tuning.preferred, range)] : [];
      replaceChildren(chart, lineChart({
        label: `${t("cortex.curve")}. ${progress}`, x: t("cortex.x"), y: t("cortex.y"), xRange: [0, 180], yRange: range,
        marker: tuning.orientations[present], width: chart.clientWidth || 520, height: 250, legend: false,
        lines: [...measuredLines(tuning, measured), ...preferred],
      }));
      replaceChildren(polar, polarPlot(tuning, measured, present, complete));
      setText(summary, complete ? summarize(tuning) : progress);
    },
  };
}

/**
 * The preferred orientation and the selectivity, once all orientations are measured.
 * @param {Tuning} tuning
 */
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
 * A line for each run of neighbouring orientations that are measured.
 * @param {Tuning} tuning
 * @param {Set<number>} measured
 * @returns {ChartLine[]}
 */
function measuredLines(tuning, measured) {
  /** @type {ChartLine[]} */
  const lines = [];
  tuning.orientations.forEach((degrees, i) => {
    if (!measured.has(i)) return;
    if (!measured.has(i - 1)) lines.push({ name: "", points: [], color: 0, dots: true });
    lines[lines.length - 1].points.push([degrees, tuning.responses[i]]);
  });
  return lines;
}

/**
 * @param {number} preferred
 * @param {[number, number]} range
 * @returns {ChartLine}
 */
const preferredLine = (preferred, range) => ({
  name: "", points: range.map((y) => /** @type {[number, number]} */ ([preferred, y])), color: 1, dashed: true,
});

/**
 * Each measured orientation as a bar through the centre, as long as its response.
 * @param {Tuning} tuning
 * @param {Set<number>} measured
 * @param {number} present
 * @param {boolean} complete
 */
function polarPlot(tuning, measured, present, complete) {
  const max = Math.max(...tuning.responses, 0) || 1;
  const bar = (/** @type {string} */ name, /** @type {number} */ degrees, /** @type {number} */ length) => {
    const [x, y] = [Math.cos((degrees * Math.PI) / 180) * length, Math.sin((degrees * Math.PI) / 180) * length];
    return svg("line", { class: name, x1: -x, y1: y, x2: x, y2: -y });
  };
  return svg(
    "svg",
    { viewBox: "-110 -110 220 220", class: "polar", role: "img", "aria-label": t("cortex.polar") },
    [50, 100].map((r) => svg("circle", { class: "ring", r })),
    tuning.responses.map((response, i) => {
      if (!measured.has(i)) return null;
      return bar(i === present ? "present" : "response", tuning.orientations[i], (Math.max(0, response) / max) * 100);
    }),
    complete && tuning.preferred !== null ? bar("preferred", tuning.preferred, 106) : null,
  );
}
