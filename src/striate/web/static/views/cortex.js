/** Cortex: Hubel and Wiesel's bar is turned over a unit's receptive field, and its tuning curve grows. */

import { get, latest } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { n, t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { state, watch } from "../lib/state.js";
import { controls } from "./cortex/controls.js";
import { curve } from "./cortex/curve.js";
import { stage } from "./cortex/stage.js";

/** @typedef {{ top: number, left: number, height: number, width: number }} Box */
/** @typedef {{ path: string, type: string, count: number, extent: number, width: number }} UnitRow */
/**
 * @typedef {{
 *   unit: number, clearest: number, input: [number, number], field: Box, window: Box, size: [number, number],
 *   pictures: string, orientations: number[], responses: number[], preferred: number | null, selectivity: number,
 *   selective: boolean,
 * }} Turn
 */
/**
 * @typedef {{
 *   model: string, rows: UnitRow[], path: string, unit: number | null, width: number, contrast: "light" | "dark",
 *   position: number, at: number, seen: Set<number>,
 * }} Experiment `at` and `seen` number the orientations; `unit` is null until the clearest one is known
 */

/** @type {Experiment} */
const kept = { model: "", rows: [], path: "", unit: null, width: 1, contrast: "light", position: 0, at: 0, seen: new Set() };
const PLAY = 60; // milliseconds an orientation

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  /** @type {Turn | null} */
  let turn = null;
  let gone = false;
  /** @type {number | undefined} */
  let playing;
  const slider = h("input", { type: "range", id: "orientation", min: "0", max: "175", step: "5", value: String(kept.at * 5),
    on: { input: () => { stop(); to(Number(slider.value) / 5); } } });
  const reading = h("output", { class: "reading", htmlFor: "orientation" });
  const play = h("button", { class: "strong", id: "play", on: { click: () => (playing === undefined ? start() : stop()) } });
  const picture = stage((at) => { stop(); to(at); slider.focus(); });
  const drawn = curve();
  const chosen = controls(kept, () => void ask());
  const where = h("p", { class: "quiet" });

  const ask = latest(async () => {
    picture.element.setAttribute("aria-busy", "true");
    try {
      if (kept.model !== state.model) await begin();
      const { path, unit, width, contrast, position } = kept;
      const found = await get("turn", { model: kept.model, path, width, contrast, position, ...(unit === null ? {} : { unit }) });
      if (gone || kept.model !== state.model || path !== kept.path) return;
      turn = /** @type {Turn} */ (found);
      if (kept.unit === null) kept.unit = turn.unit;
      chosen.show();
      to(kept.at);
    } catch (error) {
      if (!gone) notice(error);
    } finally {
      picture.element.setAttribute("aria-busy", "false");
    }
  });

  /** The bar at another orientation, the others as they were. @param {number} at */
  function to(at) {
    if (!turn) return;
    kept.at = at;
    kept.seen.add(at);
    const degrees = n(turn.orientations[at], { style: "unit", unit: "degree", unitDisplay: "narrow" });
    const response = n(turn.responses[at], { signDisplay: "exceptZero", maximumSignificantDigits: 3 });
    reading.textContent = t("cortex.reading", { degrees, response });
    slider.value = String(turn.orientations[at]);
    slider.setAttribute("aria-valuetext", reading.textContent);
    where.textContent = t("cortex.where", { height: turn.window.height, width: turn.window.width, whole: turn.input.join("×"),
      field: `${turn.field.height}×${turn.field.width}` });
    picture.show(turn, at);
    drawn.show(turn, kept.seen, at);
  }

  function start() {
    if (!turn) return;
    const all = turn.orientations.length;
    if (kept.seen.size === all) kept.seen.clear();
    playing = setInterval(() => {
      to((kept.at + 1) % all);
      if (kept.seen.size === all) stop();
    }, PLAY);
    play.textContent = t("cortex.stop");
  }

  function stop() {
    clearInterval(playing);
    playing = undefined;
    play.textContent = t("cortex.play");
  }

  stop();
  fill(
    root,
    h("h1", {}, t("cortex.title")),
    h("p", { class: "lead" }, t("cortex.lead")),
    h("div", { class: "bench" },
      h("section", { class: "card", "aria-label": t("cortex.bar") },
        h("h2", {}, t("cortex.bar")), picture.element,
        h("div", { class: "turning" }, h("label", { htmlFor: "orientation" }, t("cortex.orientation")), slider, play),
        reading, where),
      h("section", { class: "card", "aria-label": t("cortex.curve") }, h("h2", {}, t("cortex.curve")), drawn.element),
      h("section", { class: "card stack choices", "aria-label": t("cortex.electrode") },
        h("h2", {}, t("cortex.electrode")), chosen.element)),
  );
  let model = state.model;
  const end = watch(() => {
    if (state.model === model) return;
    model = state.model;
    stop();
    void ask();
  });
  void ask();
  return () => {
    gone = true;
    stop();
    end();
  };
}

/** Another network: its rows, the first convolution (else the first row) under the electrode, at its clearest unit. */
async function begin() {
  const model = state.model;
  const { rows } = await get("units", { model });
  const row = rows.find((/** @type {UnitRow} */ one) => one.type === "Conv") ?? rows[0];
  Object.assign(kept, { model, rows, path: row.path, unit: null, width: row.width, contrast: "light", position: 0, at: 0 });
  kept.seen.clear();
}
