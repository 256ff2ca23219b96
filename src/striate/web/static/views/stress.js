/** Stress: the picture shifted, scaled, rotated, thickened, with noise, and how the prediction changes. */

import { get, postPicture } from "../lib/api.js";
import { decodeBase64, paintImage } from "../lib/canvas.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { addTexts, formatPercent, t } from "../lib/i18n.js";
import { reducedMotion } from "../lib/motion.js";
import { showError } from "../lib/notice.js";
import { withNote } from "../lib/picture-note.js";
import { probabilityBars } from "../lib/probability-bars.js";
import { currentPicture, state, watchInput } from "../lib/state.js";
import { curveCard } from "./stress/curve.js";
import { changeSliders } from "./stress/sliders.js";
import { en } from "../strings/stress.en.js";
import { ko } from "../strings/stress.ko.js";

/** @import { StressCurve, StressResponse } from "../lib/types.d.ts" */

addTexts({ en, ko });

const PLAY_PAUSE = 60; // milliseconds for each step
const REDUCED_MOTION = { steps: 5, pause: 1000 };

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const settings = state.stress;
  const bars = probabilityBars();
  const input = h("canvas", { class: "input-image", role: "img", "aria-label": t("stress.changed") });
  const prediction = h("p", { class: "prediction", role: "status" });
  const card = curveCard();
  const sliders = changeSliders(settings.amounts, (name) => {
    stop();
    setSweep(name);
  });
  /** The model that the sliders are of. */
  let model = "";
  /** The last curve, and what it depends on. @type {{ key: unknown[], curve: StressCurve } | null} */
  let last = null;

  const update = coalesce(async () => {
    try {
      const picture = currentPicture();
      const [sweep, amounts] = [settings.sweep, { ...settings.amounts }];
      const key = [picture.blob, model, sweep, JSON.stringify({ ...amounts, [sweep]: 0 })];
      const same = last?.key.every((part, i) => part === key[i]);
      const answer = await postPicture("stress", picture.blob, { model, ...amounts, ...(same ? {} : { sweep }) });
      const curve = /** @type {StressCurve} */ (answer.curve ?? last?.curve);
      last = { key, curve };
      show(answer, curve);
      card.show(curve, amounts[sweep], sliders.range(sweep).neutral);
    } catch (error) {
      stop();
      showError(error);
    }
  });

  /**
   * @param {StressResponse} answer
   * @param {StressCurve} curve
   */
  function show(answer, { plain }) {
    const [best] = answer.top;
    const wrong = best.index !== plain.index;
    bars.show(answer.top);
    const values = { class: best.class, probability: formatPercent(best.probability) };
    const words = wrong ? t("stress.wrong", { ...values, plain: plain.class }) : t("prediction.top", values);
    prediction.textContent = withNote(answer.note, words);
    prediction.classList.toggle("error", wrong);
    paintImage(input, decodeBase64(answer.input.pixels), answer.input.shape);
  }

  /** @param {string} name of the change whose curve is shown */
  function setSweep(name) {
    settings.sweep = name;
    sliders.select(name);
    void update();
  }

  const loadSliders = async () => {
    const { model: requested } = state;
    try {
      stop();
      const answer = await get("stress", { model: requested });
      if (requested !== state.model) return;
      sliders.build(answer.sliders);
      model = requested;
      setSweep(settings.sweep);
    } catch (error) {
      showError(error);
    }
  };

  /** The start time of the animation; 0 if there is none. */
  let playing = 0;
  const play = h("button", { on: { click: () => (playing ? stop() : void start()) } }, t("stress.play"));
  function stop() {
    playing = 0;
    play.textContent = t("stress.play");
  }
  async function start() {
    const [own, name] = [(playing = performance.now()), settings.sweep];
    const [{ least, most, step }, before] = [sliders.range(name), settings.amounts[name]];
    const { steps, pause } = reducedMotion() ? REDUCED_MOTION : { steps: 1, pause: PLAY_PAUSE };
    play.textContent = t("stress.stop");
    for (let i = 0; least + i * step <= most + step / 2 && playing === own; i += steps) {
      sliders.set(name, least + i * step);
      await Promise.all([update(), new Promise((resolve) => setTimeout(resolve, pause))]);
    }
    if (playing !== own) return;
    stop();
    sliders.set(name, before);
    void update();
  }

  const reset = () => {
    stop();
    sliders.reset();
    void update();
  };
  replaceChildren(
    root,
    h("h1", { class: "hidden" }, t("view.stress")),
    h("p", { class: "muted explanation" }, t("stress.why")),
    h("div", { class: "layout" },
      h("section", { class: "card", "aria-label": t("stress.changes") }, sliders.element,
        h("div", { class: "toolbar" }, play, h("button", { on: { click: reset } }, t("stress.reset")))),
      h("section", { class: "card changed" }, h("h2", {}, t("stress.changed")), input),
      h("section", { class: "card", "aria-label": t("prediction.label") },
        h("h2", {}, t("prediction.label")), prediction, bars.element)),
    card.element,
  );
  const stopWatching = watchInput(() => void loadSliders());
  void loadSliders();
  return () => {
    stopWatching();
    stop();
  };
}
