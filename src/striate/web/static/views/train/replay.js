/** Replay: a slider over the snapshots of a run; at each its first kernels, a picture's maps, tuning curves, the answers. */

import { get } from "../../lib/api.js";
import { decodeBase64, paintImage } from "../../lib/canvas.js";
import { lineChart } from "../../lib/chart.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { probabilityBars } from "../../lib/probability-bars.js";
import { kernelRow } from "./kernels.js";

/** @import { FirstConvolution, ReplayFrame, RunDetail } from "../../lib/types.d.ts" */

const UNITS = 4; // with a tuning curve

/** @returns {{ element: HTMLElement, show: (run: RunDetail) => void }} */
export function replayCard() {
  const slider = h("input", { type: "range", id: "train-replay-step", min: "0", step: "1",
    on: { input: () => moveTo(Number(slider.value)) } });
  const output = h("output", { class: "number", htmlFor: slider.id });
  const picture = h("canvas", { class: "input-image", role: "img" });
  const caption = h("p", { class: "muted" });
  const bars = probabilityBars();
  const [kernels, maps] = [kernelRow(), kernelRow("train.replay.maps.label")];
  const tuningTitle = h("h3");
  const tuning = h("div", { class: "chart-place" });
  const first = h("div", { class: "replay-first" }, kernels.element, maps.element, h("section", {}, tuningTitle, tuning));
  const element = h("section", { class: "train-replay", hidden: true, "aria-label": t("train.replay") },
    h("h3", {}, t("train.replay")),
    h("p", { class: "muted" }, t("train.replay.why")),
    h("div", { class: "replay-slider" }, h("label", { htmlFor: slider.id }, t("train.replay.snapshot")), slider, output),
    h("div", { class: "replay-answers" }, h("div", {}, picture, caption), bars.element),
    first);

  /** Which run is shown: its name and version. */
  let key = "";
  let name = "";
  /** @type {number[]} */
  let steps = [];
  let place = 0;
  /** The frames of this run that were loaded, by their steps. @type {Map<number, ReplayFrame>} */
  const frames = new Map();
  /** The units whose tuning is drawn: those with the clearest tuning in the first frame that was loaded. @type {number[]} */
  let units = [];

  const update = coalesce(async () => {
    const [requested, step] = [key, steps[place]];
    try {
      const frame = frames.get(step) ?? (await get("replay", { model: `runs/${name}/${step}` }));
      if (requested !== key) return;
      frames.set(step, frame);
      paint(frame);
    } catch (error) {
      if (requested === key) showError(error);
    } finally {
      if (requested === key && step === steps[place]) element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {number} index of a snapshot */
  function moveTo(index) {
    place = index;
    const step = steps[place];
    const text = step === 0 ? t("train.replay.initial") : t("train.replay.at", { step: formatNumber(step) });
    output.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    element.setAttribute("aria-busy", "true");
    void update();
  }

  /** @param {ReplayFrame} frame */
  function paint(frame) {
    paintImage(picture, decodeBase64(frame.input.pixels), frame.input.shape);
    caption.textContent = t("train.replay.picture", { class: frame.label });
    picture.setAttribute("aria-label", caption.textContent);
    bars.show(frame.top);
    first.hidden = !frame.first;
    if (!frame.first) return;
    const { row } = frame.first;
    kernels.show(t("train.replay.kernels", { row }), frame.first.kernels);
    maps.show(t("train.replay.maps", { row }), frame.first.maps);
    tuningTitle.textContent = t("train.replay.tuning", { row });
    if (units.length === 0) units = clearestUnits(frame.first);
    replaceChildren(tuning, tuningChart(frame.first, tuningTitle.textContent));
  }

  /**
   * @param {FirstConvolution} shown
   * @param {string} label
   */
  function tuningChart({ orientations, responses }, label) {
    const largest = Math.max(...[...frames.values()].flatMap((frame) => units.flatMap((unit) => frame.first?.responses[unit] ?? [])));
    return lineChart({
      label, x: t("cortex.x"), y: t("cortex.y"), xRange: [0, 180], yRange: [0, largest || 1], width: tuning.clientWidth || 520, height: 220,
      lines: units.map((unit) => ({
        name: t("train.replay.unit", { unit }),
        points: orientations.map((degrees, i) => /** @type {[number, number]} */ ([degrees, responses[unit][i]])),
      })),
    });
  }

  return {
    element,
    show(run) {
      const { replay } = run;
      element.hidden = !replay || replay.steps.length === 0;
      const shown = replay ? `${run.name} ${replay.version}` : "";
      const isSame = shown === key;
      if (!isSame) {
        frames.clear();
        units = [];
        [key, name] = [shown, run.name];
      }
      if (!replay || (isSame && replay.steps.length === steps.length)) return;
      const isLast = !isSame || place >= steps.length - 1; // it follows a training
      steps = replay.steps;
      slider.max = String(steps.length - 1);
      if (steps.length === 0) return;
      const next = isLast ? steps.length - 1 : place;
      slider.value = String(next);
      moveTo(next);
    },
  };
}

/**
 * The units with the longest resultants of their tuning curves, in the order of their numbers.
 * @param {FirstConvolution} first
 * @returns {number[]}
 */
function clearestUnits({ responses, selectivity }) {
  const length = responses.map((curve, unit) => selectivity[unit] * curve.reduce((sum, response) => sum + response, 0));
  return length.map((_, unit) => unit).sort((a, b) => length[b] - length[a]).slice(0, UNITS).sort((a, b) => a - b);
}
