/** Accuracy and loss over the epochs, of several runs; a chart for each kind of loss. */

import { lineChart } from "../../lib/chart.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatPercent, t } from "../../lib/i18n.js";

/** @import { ChartLine, RunDetail } from "../../lib/types.d.ts" */

/** The number of colours. */
export const MAX_CURVES = 6;

/**
 * A chart of accuracy, and one for each kind of loss: a colour for each run, validation as a solid line, training dashed. The
 * numbers of two kinds of loss cannot be compared, so they do not share an axis.
 * @returns {{ element: HTMLElement, show: (runs: RunDetail[]) => void, mark: (epoch: number | null) => void }}
 */
export function trainingCurves() {
  const [accuracy, losses] = [h("div"), h("div", { class: "train-losses" })];
  const note = h("p", { class: "muted" });
  /** @type {RunDetail[]} */
  let present = [];
  /** The epoch that the replay shows. @type {number | null} */
  let marked = null;
  let shown = "";
  const element = h("section", { class: "card train-curves", hidden: true, "aria-label": t("train.curves") },
    h("div", {}, h("h2", {}, t("train.accuracy")), accuracy),
    losses,
    h("div", {}, h("p", { class: "muted explanation" }, t("train.curves.why")), note));

  function draw() {
    element.hidden = present.length === 0;
    const size = { width: Math.max(280, Math.min(560, accuracy.clientWidth)), height: 240 };
    const data = JSON.stringify([size, marked, present.map((run) => [run.name, run.state, run.history, run.live?.trail])]);
    if (data === shown) return;
    shown = data;
    const epochs = Math.max(1, ...present.map((run) => run.epochs));
    const marker = marked ?? undefined;
    const common = { x: t("train.epoch"), xRange: /** @type {[number, number]} */ ([0, epochs]), marker, ...size };
    const best = present.map((run) => `${run.name} ${run.best === null ? "–" : formatPercent(run.best)}`).join(", ");
    replaceChildren(accuracy, lineChart({
      label: t("train.accuracy.label", { runs: best }), y: t("train.accuracy"),
      lines: present.flatMap((run, i) => linesOf(run, i, "accuracy")), yRange: [0, 1], percent: true, ...common,
    }));
    const kinds = [...new Set(present.map((run) => run.loss))];
    note.textContent = kinds.length > 1 ? t("train.loss.apart") : "";
    replaceChildren(losses, kinds.map((kind) => {
      const lines = present.flatMap((run, i) => (run.loss === kind ? linesOf(run, i, "loss") : []));
      const most = Math.max(0, ...lines.flatMap((line) => line.points.map(([, y]) => y).filter(Number.isFinite))) || 1;
      const names = present.filter((run) => run.loss === kind).map((run) => run.name).join(", ");
      const title = `${t("train.loss")}: ${t(`train.loss.${kind}`)}`;
      const label = `${title}. ${t("train.loss.label", { runs: names })}`;
      return h("div", {}, h("h2", {}, title), lineChart({ label, y: t("train.loss"), lines, yRange: [0, most], ...common }));
    }));
  }

  return {
    element,
    show(runs) {
      present = runs;
      draw();
    },
    mark(epoch) {
      marked = epoch;
      draw();
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
