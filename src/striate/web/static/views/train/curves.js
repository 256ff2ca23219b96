/** Accuracy and loss over the epochs, of several runs. */

import { lineChart } from "../../lib/chart.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatPercent, t } from "../../lib/i18n.js";

/** @import { ChartLine, RunDetail } from "../../lib/types.d.ts" */

/** The number of colours. */
export const MAX_CURVES = 6;

/**
 * Two charts: a colour for each run, validation as a solid line, training dashed.
 * @returns {{ element: HTMLElement, show: (runs: RunDetail[]) => void }}
 */
export function trainingCurves() {
  const [accuracy, loss] = [h("div"), h("div")];
  let shown = "";
  const element = h("section", { class: "card train-curves", hidden: true, "aria-label": t("train.curves") },
    h("div", {}, h("h2", {}, t("train.accuracy")), accuracy),
    h("div", {}, h("h2", {}, t("train.loss")), loss),
    h("p", { class: "muted" }, t("train.curves.why")));
  return {
    element,
    show(runs) {
      element.hidden = runs.length === 0;
      const size = { width: Math.max(300, Math.min(560, accuracy.clientWidth)), height: 240 };
      const data = JSON.stringify([size, runs.map((run) => [run.name, run.state, run.history, run.live?.trail])]);
      if (data === shown) return;
      shown = data;
      const epochs = Math.max(1, ...runs.map((run) => run.epochs));
      const common = { x: t("train.epoch"), xRange: /** @type {[number, number]} */ ([0, epochs]), ...size };
      const names = runs.map((run) => run.name).join(", ");
      const best = runs.map((run) => `${run.name} ${run.best === null ? "–" : formatPercent(run.best)}`).join(", ");
      replaceChildren(accuracy, lineChart({
        label: t("train.accuracy.label", { runs: best }), y: t("train.accuracy"),
        lines: runs.flatMap((run, i) => linesOf(run, i, "accuracy")), yRange: [0, 1], percent: true, ...common,
      }));
      const losses = runs.flatMap((run, i) => linesOf(run, i, "loss"));
      const maxLoss = Math.max(0, ...losses.flatMap((line) => line.points.map(([, y]) => y))) || 1;
      replaceChildren(loss, lineChart({
        label: t("train.loss.label", { runs: names }), y: t("train.loss"), lines: losses, yRange: [0, maxLoss], ...common,
      }));
    },
  };
}

/**
 * The two lines of a run; the training line continues within the present epoch.
 * @param {RunDetail} run
 * @param {number} color
 * @param {"accuracy" | "loss"} metric
 * @returns {ChartLine[]}
 */
function linesOf(run, color, metric) {
  const { history, live } = run;
  const points = (/** @type {"train" | "test"} */ part) =>
    (history?.epoch ?? []).map((epoch, i) => /** @type {[number, number]} */ ([epoch, history?.[`${part}_${metric}`][i] ?? NaN]));
  const trail = run.state === "running" ? (live?.trail ?? []) : [];
  const present = trail.map(([epoch, loss, accuracy]) => /** @type {[number, number]} */ ([epoch, metric === "loss" ? loss : accuracy]));
  return [
    { name: t("train.line.test", { run: run.name }), points: points("test"), color },
    { name: t("train.line.train", { run: run.name }), points: [...points("train"), ...present], color, dashed: true },
  ];
}
