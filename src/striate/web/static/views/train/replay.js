/**
 * What a network makes of a picture while it learns: a slider over the snapshots of a run, and the model of its last epoch. At
 * each the maps of one's own drawing, or of the run's validation picture, the answers, the first kernels, tuning curves.
 */

import { get, postPicture } from "../../lib/api.js";
import { decodeBase64, paintImage } from "../../lib/canvas.js";
import { lineChart } from "../../lib/chart.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { reducedMotion } from "../../lib/motion.js";
import { showError } from "../../lib/notice.js";
import { probabilityBars } from "../../lib/probability-bars.js";
import { currentPicture, state } from "../../lib/state.js";
import { kernelChange, kernelRow } from "./kernels.js";
import { chosenRows, clearestUnits, momentsOf } from "./moments.js";

/** @import { FirstConvolution, Kernels, LayersResponse, Moment, ReplayFrame, RunDetail, StringKey } from "../../lib/types.d.ts" */

const MAPS = 8; // of a row
const PAUSE = 700; // milliseconds for each moment

/**
 * @param {(epoch: number | null) => void} onEpoch the moment that is shown, in epochs; null at the end
 * @returns {{ element: HTMLElement, show: (run: RunDetail) => void, stop: () => void }}
 */
export function replayCard(onEpoch) {
  const settings = state.train;
  const slider = h("input", { type: "range", id: "train-replay-step", min: "0", step: "1",
    on: { input: () => { stop(); moveTo(Number(slider.value)); } } });
  const output = h("output", { class: "number", htmlFor: slider.id });
  const play = h("button", { class: "primary", on: { click: () => (timer === undefined ? start() : stop()) } }, t("player.play"));
  const picture = h("canvas", { class: "input-image", role: "img" });
  const caption = h("p", { class: "muted" });
  const verdict = h("p", { class: "prediction" });
  const bars = probabilityBars();
  const maps = h("div", { class: "replay-maps" });
  const kernels = kernelChange();
  const tuningTitle = h("h3");
  const tuning = h("div", { class: "chart-place" });
  const choices = h("div", { class: "toolbar choices", role: "group", "aria-label": t("train.replay.which") },
    choice("mine", "train.replay.mine"), choice("validation", "train.replay.validation"));
  const sliderRow = h("div", { class: "replay-slider" }, reducedMotion() ? null : play,
    h("label", { htmlFor: slider.id }, t("train.replay.snapshot")), slider, output);
  const curves = h("section", {}, tuningTitle, tuning);
  const element = h("section", { class: "train-replay", hidden: true, "aria-label": t("train.replay") },
    h("h3", { class: "title" }, t("train.replay")),
    h("p", { class: "muted explanation" }, t("train.replay.why")),
    sliderRow,
    choices,
    h("div", { class: "replay-answers" }, h("div", {}, picture, caption), h("div", {}, verdict, bars.element)),
    h("div", { class: "replay-body" }, maps, h("div", {}, kernels.element, curves)));

  /** Which run is shown: its name and version. */
  let key = "";
  /** @type {RunDetail | null} */
  let run = null;
  /** @type {Moment[]} */
  let moments = [];
  let place = 0;
  /** What was loaded of this run, by its query. @type {Map<string, ReplayFrame | LayersResponse>} */
  const loaded = new Map();
  /** The units whose tuning is drawn: those with the clearest tuning in the first frame that was loaded. @type {number[]} */
  let units = [];
  /** The rows whose maps are drawn. @type {Map<string, ReturnType<typeof kernelRow>>} */
  const rows = new Map();
  /** @type {number | undefined} */
  let timer;

  /**
   * @param {"mine" | "validation"} which
   * @param {StringKey} label
   */
  function choice(which, label) {
    return h("button", { "aria-pressed": String(settings.picture === which), "data-picture": which, on: { click: () => {
      settings.picture = which;
      showChoice();
      moveTo(place);
    } } }, t(label));
  }

  function showChoice() {
    for (const button of choices.children) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-picture") === settings.picture));
    }
  }

  const update = coalesce(async () => {
    const [requested, moment] = [key, moments[place]];
    try {
      const first = moments[0].step === 0 && moment.step !== 0 ? await frameOf(moments[0]) : null;
      const frame = await frameOf(moment);
      const answer = isMine() ? await answerOf(moment) : null;
      if (requested !== key) return;
      paint(frame, first ?? frame, answer);
    } catch (error) {
      if (requested === key) showError(error);
    } finally {
      if (requested === key && moment === moments[place]) element.setAttribute("aria-busy", "false");
    }
  });

  /** Whether the picture is the user's own: a run without snapshots keeps no other. */
  const isMine = () => settings.picture === "mine" || !run?.replay?.steps.length;

  /** A snapshot as the server shows it; null for the model of the last epoch. @param {Moment} moment */
  const frameOf = async ({ step, model }) =>
    step === null ? null : /** @type {ReplayFrame} */ (await once(`frame ${model}`, () => get("replay", { model })));

  /** The maps of one's own drawing. @param {Moment} moment */
  const answerOf = async ({ step, model }) => {
    const query = `maps ${model} ${step ?? run?.done}`;
    return /** @type {LayersResponse} */ (await once(query, () => postPicture("layers", currentPicture().blob, { model, maps: MAPS })));
  };

  /**
   * @param {string} query
   * @param {() => Promise<ReplayFrame | LayersResponse>} request
   */
  async function once(query, request) {
    const [requested, known] = [key, loaded.get(query)];
    const answer = known ?? (await request());
    if (requested === key) loaded.set(query, answer);
    return answer;
  }

  /** @param {number} index of a moment */
  function moveTo(index) {
    place = index;
    const { step } = moments[place];
    const text = step === null ? t("train.replay.now") : step === 0 ? t("train.replay.initial")
      : t("train.replay.at", { step: formatNumber(step) });
    output.textContent = [text, accuracyAt(step)].filter(Boolean).join(" · ");
    slider.value = String(place);
    slider.setAttribute("aria-valuetext", text);
    element.setAttribute("aria-busy", "true");
    const isLast = place === moments.length - 1;
    settings.snapshot = isLast ? null : step;
    onEpoch(isLast || step === null ? null : epochOf(step));
    void update();
  }

  /** How many epochs a step is; null while the run trains. @param {number} step */
  function epochOf(step) {
    const last = moments[moments.length - 1]?.step;
    return run?.state === "finished" && last ? (step / last) * run.done : null;
  }

  /** The validation accuracy of the epoch that a step ends, or is in. @param {number | null} step */
  function accuracyAt(step) {
    const epoch = step === null ? (run?.done ?? 0) : Math.round(epochOf(step) ?? 0);
    const accuracy = run?.history?.test_accuracy[epoch - 1];
    return accuracy === undefined ? "" : t("train.replay.accuracy", { accuracy: formatPercent(accuracy) });
  }

  /**
   * @param {ReplayFrame | null} frame
   * @param {ReplayFrame | null} initial
   * @param {LayersResponse | null} answer of one's own drawing
   */
  function paint(frame, initial, answer) {
    const shown = answer ?? frame;
    if (!shown) return;
    const input = shown.input;
    paintImage(picture, decodeBase64(input.pixels), input.shape);
    caption.textContent = answer ? t("train.replay.drawing") : t("train.replay.picture", { class: frame?.label ?? "" });
    picture.setAttribute("aria-label", caption.textContent);
    const [best] = shown.top;
    verdict.textContent = t("prediction.top", { class: best.class, probability: formatPercent(best.probability) });
    bars.show(shown.top);
    const first = frame?.first;
    const drawn = answer ? chosenRows(answer.rows) : first ? [{ path: first.row, kernels: first.maps }] : [];
    showMaps(drawn);
    showKernels(first ?? null, initial?.first ?? null);
    curves.hidden = !first;
    if (!first) return;
    tuningTitle.textContent = t("train.replay.tuning", { row: first.row });
    if (units.length === 0) units = clearestUnits(first);
    replaceChildren(tuning, tuningChart(first, tuningTitle.textContent));
  }

  /** @param {{ path: string, kernels: Kernels }[]} drawn */
  function showMaps(drawn) {
    const paths = drawn.map(({ path }) => path).join("\n");
    if (paths !== [...rows.keys()].join("\n")) {
      rows.clear();
      for (const { path } of drawn) rows.set(path, kernelRow("train.replay.maps.label"));
      replaceChildren(maps, [...rows.values()].map((row) => row.element));
    }
    for (const { path, kernels: values } of drawn) rows.get(path)?.show(t("train.replay.maps", { row: path }), values);
  }

  /**
   * The kernels at this moment below those at initialization; those of a training that is followed as they are now.
   * @param {FirstConvolution | null} first
   * @param {FirstConvolution | null} initial
   */
  function showKernels(first, initial) {
    const live = run?.live?.kernels;
    const isNow = place === moments.length - 1;
    const start = live?.first ?? initial?.kernels;
    const present = isNow ? live?.now ?? first?.kernels : first?.kernels;
    kernels.element.hidden = !start || !present;
    if (!start || !present) return;
    const row = live?.row ?? first?.row ?? "";
    const title = isNow ? t(run?.state === "running" ? "train.kernels.now" : "train.kernels.last", { row })
      : t("train.kernels.then", { row, moment: slider.getAttribute("aria-valuetext") ?? "" });
    kernels.show(row, title, start, present);
  }

  /**
   * @param {FirstConvolution} shown
   * @param {string} label
   */
  function tuningChart({ orientations, responses }, label) {
    const frames = [...loaded.values()].flatMap((one) => ("first" in one && one.first ? [one.first] : []));
    const largest = Math.max(...frames.flatMap((first) => units.flatMap((unit) => first.responses[unit] ?? [])));
    return lineChart({
      label, x: t("tuning.orientation"), y: t("tuning.response"), xRange: [0, 180], yRange: [0, largest || 1],
      width: tuning.clientWidth || 520, height: 220,
      lines: units.map((unit) => ({
        name: t("train.replay.unit", { unit }),
        points: orientations.map((degrees, i) => /** @type {[number, number]} */ ([degrees, responses[unit][i]])),
      })),
    });
  }

  function start() {
    moveTo(place === moments.length - 1 ? 0 : place);
    play.textContent = t("player.pause");
    timer = setInterval(() => {
      if (element.getAttribute("aria-busy") === "true") return; // the server has not answered yet
      if (place === moments.length - 1) return stop();
      moveTo(place + 1);
    }, PAUSE);
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = t("player.play");
  }

  return {
    element,
    stop,
    show(shown) {
      const version = `${shown.name} ${shown.replay?.version ?? ""}`;
      const isSame = version === key;
      const before = run;
      run = shown;
      if (!isSame) {
        stop();
        loaded.clear();
        units = [];
        key = version;
        verdict.textContent = "";
        bars.show([]);
      }
      const next = momentsOf(shown);
      element.hidden = next.length === 0;
      choices.hidden = !shown.replay?.steps.length;
      sliderRow.hidden = next.length < 2;
      if (next.length === 0) {
        moments = next;
        return;
      }
      const isLast = !isSame || place >= moments.length - 1; // it follows a training
      const changed = !isSame || next.length !== moments.length || shown.state !== before?.state
        || (isLast && next[next.length - 1].step === null && before?.done !== shown.done);
      if (!changed) {
        if (isLast && shown.state === "running") showKernels(null, null);
        return;
      }
      moments = next;
      slider.max = String(moments.length - 1);
      const linked = isSame ? -1 : moments.findIndex(({ step }) => step !== null && step === settings.snapshot);
      moveTo(linked >= 0 ? linked : isLast ? moments.length - 1 : Math.min(place, moments.length - 1));
    },
  };
}
