/** Cortex: Hubel and Wiesel's experiment: a bar turns over the receptive fields of a layer's units; their tuning curves. */

import { get } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { addTexts, formatNumber, t } from "../lib/i18n.js";
import { reducedMotion } from "../lib/motion.js";
import { showError } from "../lib/notice.js";
import { state, watchModel } from "../lib/state.js";
import { experimentControls } from "./cortex/controls.js";
import { gratingComparison } from "./cortex/gratings.js";
import { unitRoses } from "./cortex/roses.js";
import { barStimulus } from "./cortex/stimulus.js";
import { tuningCurve } from "./cortex/tuning-curve.js";
import { en } from "../strings/cortex.en.js";
import { ko } from "../strings/cortex.ko.js";

/** @import { CortexState, Tuning } from "../lib/types.d.ts" */

addTexts({ en, ko });

const PLAY_INTERVAL = 60; // milliseconds for each orientation

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const experiment = state.cortex;
  /** @type {Tuning | null} */
  let tuning = null;
  let unmounted = false;
  /** @type {number | undefined} */
  let timer;
  const slider = h("input", { type: "range", id: "orientation", min: "0", max: "175", step: "5",
    value: String(experiment.orientation * 5), on: { input: () => { stop(); turn(Number(slider.value) / 5); } } });
  const reading = h("output", { class: "reading", htmlFor: "orientation" });
  const play = h("button", { class: "primary", id: "play", on: { click: () => (timer === undefined ? start() : stop()) } });
  const stimulus = barStimulus((orientation) => { stop(); turn(orientation); slider.focus(); });
  const curve = tuningCurve();
  const gratings = gratingComparison();
  const roses = unitRoses(experiment, (unit) => {
    experiment.unit = unit;
    void update();
  });
  const controls = experimentControls(experiment, () => void update());
  const fieldCaption = h("p", { class: "muted" });

  const update = coalesce(async () => {
    stimulus.element.setAttribute("aria-busy", "true");
    try {
      if (experiment.model !== state.model || experiment.rows.length === 0) await beginExperiment(experiment);
      const { model, path, unit, width, contrast, position } = experiment;
      const answer = await get("turn", { model, path, width, contrast, position, ...(unit === null ? {} : { unit }) });
      if (unmounted || experiment.model !== state.model || path !== experiment.path) return;
      tuning = answer;
      if (experiment.unit === null) experiment.unit = answer.unit;
      controls.show();
      roses.show(answer);
      gratings.show(answer, model, path);
      turn(experiment.orientation);
    } catch (error) {
      if (!unmounted) showError(error);
    } finally {
      stimulus.element.setAttribute("aria-busy", "false");
    }
  });

  /** Show the bar at one orientation, and its response. @param {number} index */
  function turn(index) {
    if (!tuning) return;
    experiment.orientation = index;
    const degrees = formatNumber(tuning.orientations[index], { style: "unit", unit: "degree", unitDisplay: "narrow" });
    const response = formatNumber(tuning.responses[index], { signDisplay: "exceptZero", maximumSignificantDigits: 3 });
    reading.textContent = t("cortex.reading", { degrees, response });
    slider.value = String(tuning.orientations[index]);
    slider.setAttribute("aria-valuetext", reading.textContent);
    fieldCaption.textContent = t("cortex.field", { height: tuning.window.height, width: tuning.window.width,
      whole: tuning.input.join("×"), field: `${tuning.field.height}×${tuning.field.width}` });
    stimulus.show(tuning, index);
    curve.show(tuning, index);
  }

  /** The bar turns by itself; by one step a click for those who want no motion. */
  function start() {
    if (!tuning) return;
    const count = tuning.orientations.length;
    const next = () => turn((experiment.orientation + 1) % count);
    next();
    if (reducedMotion()) return;
    timer = setInterval(next, PLAY_INTERVAL);
    play.textContent = t("cortex.stop");
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = t(reducedMotion() ? "cortex.step" : "cortex.play");
  }

  stop();
  replaceChildren(
    root,
    h("h1", {}, t("cortex.title")),
    h("p", { class: "lead" }, t("cortex.lead")),
    h("div", { class: "layout" },
      h("section", { class: "card", "aria-label": t("cortex.bar") },
        h("h2", {}, t("cortex.bar")), stimulus.element,
        h("div", { class: "rotation" }, h("label", { htmlFor: "orientation" }, t("cortex.orientation")), slider, play),
        reading, fieldCaption),
      h("section", { class: "card", "aria-label": t("cortex.curve") }, h("h2", {}, t("cortex.curve")), curve.element, gratings.element),
      h("section", { class: "card stack choices", "aria-label": t("cortex.electrode") },
        h("h2", {}, t("cortex.electrode")), controls.element)),
    h("section", { class: "card all-units", "aria-label": t("cortex.roses") }, h("h2", {}, t("cortex.roses")), roses.element),
  );
  const stopWatching = watchModel(() => {
    stop();
    void update();
  });
  void update();
  return () => {
    unmounted = true;
    stop();
    stopWatching();
  };
}

/**
 * Begin on a network: as a link says, else at the most selective unit of its first convolution, or of its first row.
 * @param {CortexState} experiment
 */
async function beginExperiment(experiment) {
  const { model } = state;
  const { rows } = await get("units", { model });
  const linked = experiment.model === model ? rows.find((one) => one.path === experiment.path) : undefined;
  const row = linked ?? rows.find((one) => one.type === "Conv") ?? rows[0];
  Object.assign(experiment, { model, rows, path: row.path });
  if (linked) {
    const { unit, width, position } = experiment;
    experiment.unit = unit !== null && unit < row.count ? unit : null;
    experiment.width = Math.min(row.extent, width || row.width);
    experiment.position = Math.min(row.extent, Math.max(-row.extent, position));
  } else Object.assign(experiment, { unit: null, width: row.width, contrast: "light", position: 0, orientation: 0 });
}
