/** Accuracy and loss over the epochs, of several runs. */

import { lineChart } from "../../lib/chart.js";
import { fill, h } from "../../lib/dom.js";
import { percent, t } from "../../lib/language.js";

/** @typedef {import("../train.js").Detail} Detail */
/** @typedef {import("../../lib/chart.js").Line} Line */

/** As many runs as there are colours. */
export const MOST = 6;

/**
 * Two charts: a colour for each run, held-out images as a line, training images dashed.
 * @returns {{ element: HTMLElement, show: (runs: Detail[]) => void }}
 */
export function curves() {
  const [accuracy, loss] = [h("div"), h("div")];
  let shown = "";
  const element = h("section", { class: "card train-curves", hidden: true, "aria-label": t("train.curves") },
    h("div", {}, h("h2", {}, t("train.accuracy")), accuracy),
    h("div", {}, h("h2", {}, t("train.loss")), loss),
    h("p", { class: "quiet" }, t("train.curves.why")));
  return {
    element,
    show(runs) {
      element.hidden = runs.length === 0;
      const size = { width: Math.max(300, Math.min(560, accuracy.clientWidth)), height: 240 };
      const now = JSON.stringify([size, runs.map((run) => [run.name, run.state, run.history, run.live?.trail])]);
      if (now === shown) return;
      shown = now;
      const last = Math.max(1, ...runs.map((run) => run.epochs));
      const told = runs.map((run) => `${run.name} ${run.best === null ? "–" : percent(run.best)}`).join(", ");
      const losses = runs.flatMap((run, i) => lines(run, i, "loss"));
      fill(accuracy, lineChart({
        label: t("train.accuracy.label", { runs: told }), x: t("train.epoch"), y: t("train.accuracy"),
        lines: runs.flatMap((run, i) => lines(run, i, "accuracy")), xRange: [0, last], yRange: [0, 1], percent: true, ...size,
      }));
      fill(loss, lineChart({
        label: t("train.loss.label", { runs: runs.map((run) => run.name).join(", ") }), x: t("train.epoch"), y: t("train.loss"),
        lines: losses, xRange: [0, last], yRange: [0, Math.max(0, ...losses.flatMap((line) => line.points.map(([, y]) => y))) || 1],
        ...size,
      }));
    },
  };
}

/**
 * The lines of a run; that of the training images goes on within the present epoch.
 * @param {Detail} run
 * @param {number} colour
 * @param {"accuracy" | "loss"} what
 * @returns {Line[]}
 */
function lines(run, colour, what) {
  const { history, live } = run;
  const points = (/** @type {"train" | "test"} */ part) =>
    (history?.epoch ?? []).map((epoch, i) => /** @type {[number, number]} */ ([epoch, history?.[`${part}_${what}`][i] ?? NaN]));
  const trail = run.state === "running" ? (live?.trail ?? []) : [];
  const now = trail.map(([at, loss, accuracy]) => /** @type {[number, number]} */ ([at, what === "loss" ? loss : accuracy]));
  return [
    { name: t("train.line.test", { run: run.name }), points: points("test"), colour },
    { name: t("train.line.train", { run: run.name }), points: [...points("train"), ...now], colour, dashed: true },
  ];
}
