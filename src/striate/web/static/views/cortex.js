/** Cortex: Hubel and Wiesel's experiment: a bar turns over a unit's receptive field, and its tuning curve is measured. */

import { get } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { state, watchModel } from "../lib/state.js";
import { experimentControls } from "./cortex/controls.js";
import { barStimulus } from "./cortex/stimulus.js";
import { tuningCurve } from "./cortex/tuning-curve.js";

/** @import { CortexState, Tuning } from "../lib/types.d.ts" */

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
    value: String(experiment.orientation * 5), on: { input: () => { stop(); measure(Number(slider.value) / 5); } } });
  const reading = h("output", { class: "reading", htmlFor: "orientation" });
  const play = h("button", { class: "primary", id: "play", on: { click: () => (timer === undefined ? start() : stop()) } });
  const stimulus = barStimulus((orientation) => { stop(); measure(orientation); slider.focus(); });
  const curve = tuningCurve();
  const controls = experimentControls(experiment, () => void update());
  const fieldCaption = h("p", { class: "muted" });

  const update = coalesce(async () => {
    stimulus.element.setAttribute("aria-busy", "true");
    try {
      if (experiment.model !== state.model) await beginExperiment(experiment);
      const { model, path, unit, width, contrast, position } = experiment;
      const answer = await get("turn", { model, path, width, contrast, position, ...(unit === null ? {} : { unit }) });
      if (unmounted || experiment.model !== state.model || path !== experiment.path) return;
      tuning = answer;
      if (experiment.unit === null) experiment.unit = answer.unit;
      controls.show();
      measure(experiment.orientation);
    } catch (error) {
      if (!unmounted) showError(error);
    } finally {
      stimulus.element.setAttribute("aria-busy", "false");
    }
  });

  /** Show the bar at one orientation, and add its response to the curve. @param {number} index */
  function measure(index) {
    if (!tuning) return;
    experiment.orientation = index;
    experiment.measured.add(index);
    const degrees = formatNumber(tuning.orientations[index], { style: "unit", unit: "degree", unitDisplay: "narrow" });
    const response = formatNumber(tuning.responses[index], { signDisplay: "exceptZero", maximumSignificantDigits: 3 });
    reading.textContent = t("cortex.reading", { degrees, response });
    slider.value = String(tuning.orientations[index]);
    slider.setAttribute("aria-valuetext", reading.textContent);
    fieldCaption.textContent = t("cortex.field", { height: tuning.window.height, width: tuning.window.width,
      whole: tuning.input.join("×"), field: `${tuning.field.height}×${tuning.field.width}` });
    stimulus.show(tuning, index);
    curve.show(tuning, experiment.measured, index);
  }

  function start() {
    if (!tuning) return;
    const count = tuning.orientations.length;
    if (experiment.measured.size === count) experiment.measured.clear();
    timer = setInterval(() => {
      measure((experiment.orientation + 1) % count);
      if (experiment.measured.size === count) stop();
    }, PLAY_INTERVAL);
    play.textContent = t("cortex.stop");
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = t("cortex.play");
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
      h("section", { class: "card", "aria-label": t("cortex.curve") }, h("h2", {}, t("cortex.curve")), curve.element),
      h("section", { class: "card stack choices", "aria-label": t("cortex.electrode") },
        h("h2", {}, t("cortex.electrode")), controls.element)),
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
 * Begin on another network: its first convolution, or else its first row, at the most selective unit.
 * @param {CortexState} experiment
 */
async function beginExperiment(experiment) {
  const { model } = state;
  const { rows } = await get("units", { model });
  const row = rows.find((one) => one.type === "Conv") ?? rows[0];
  Object.assign(experiment,
    { model, rows, path: row.path, unit: null, width: row.width, contrast: "light", position: 0, orientation: 0 });
  experiment.measured.clear();
}
