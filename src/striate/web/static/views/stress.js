/** Stress: the picture shifted, scaled, turned, thickened, made noisy, and how the answer follows. */

import { get, latest, postPicture } from "../lib/api.js";
import { bars } from "../lib/bars.js";
import { fill, h } from "../lib/dom.js";
import { percent, t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { bytes, paintPicture } from "../lib/pixels.js";
import { lens, state, watch } from "../lib/state.js";
import { curveCard } from "./stress/curve.js";
import { sliders } from "./stress/sliders.js";

/** @typedef {import("./stress/curve.js").Curve} Curve */

/** @type {{ amounts: Record<string, number>, sweep: string }} */
const kept = { amounts: {}, sweep: "rotation" };

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const answer = bars();
  const seen = h("canvas", { class: "seen", role: "img", "aria-label": t("stress.seen") });
  const told = h("p", { class: "verdict", role: "status" });
  const card = curveCard();
  const places = sliders(kept.amounts, (name) => {
    stop();
    turn(name);
  });
  let model = ""; // the one that the sliders are for
  /** @type {{ of: unknown[], curve: Curve } | null} the last curve, and what it is of */
  let last = null;

  const ask = latest(async () => {
    try {
      const picture = await lens();
      const [sweep, amounts] = [kept.sweep, { ...kept.amounts }];
      const of = [picture.blob, model, sweep, JSON.stringify({ ...amounts, [sweep]: 0 })];
      const same = last?.of.every((part, i) => part === of[i]);
      const found = await postPicture("stress", picture.blob, { model, ...amounts, ...(same ? {} : { sweep }) });
      const curve = /** @type {Curve} */ (found.curve ?? last?.curve);
      last = { of, curve };
      show(found, curve);
      card.show(curve, amounts[sweep], places.range(sweep).neutral);
    } catch (error) {
      stop();
      notice(error);
    }
  });

  function show(/** @type {any} */ found, /** @type {Curve} */ curve) {
    const [best] = found.top;
    const fooled = best.index !== curve.plain.index;
    answer.show(found.top);
    told.textContent = t(fooled ? "stress.fooled" : "stress.verdict",
      { class: best.class, share: percent(best.probability), plain: curve.plain.class });
    told.classList.toggle("bad", fooled);
    paintPicture(seen, bytes(found.input.pixels), found.input.shape);
  }

  function turn(/** @type {string} */ name) {
    kept.sweep = name;
    places.mark(name);
    void ask();
  }

  const begin = async (/** @type {string} */ wanted) => {
    try {
      stop();
      const found = await get("stress", { model: wanted });
      if (wanted !== state.model) return;
      places.build(found.sliders);
      model = wanted;
      turn(kept.sweep);
    } catch (error) {
      notice(error);
    }
  };

  let playing = 0;
  const play = h("button", { on: { click: () => (playing ? stop() : void run()) } }, t("stress.play"));
  function stop() {
    playing = 0;
    play.textContent = t("stress.play");
  }
  async function run() {
    const [own, name] = [(playing = performance.now()), kept.sweep];
    const [{ least, most, step }, before] = [places.range(name), kept.amounts[name]];
    // Who wants little motion gets few pictures, each for a while.
    const [coarse, pause] = matchMedia("(prefers-reduced-motion: reduce)").matches ? [5, 1000] : [1, 60];
    play.textContent = t("stress.stop");
    for (let i = 0; least + i * step <= most + step / 2 && playing === own; i += coarse) {
      places.set(name, least + i * step);
      await Promise.all([ask(), new Promise((resolve) => setTimeout(resolve, pause))]);
    }
    if (playing !== own) return;
    stop();
    places.set(name, before);
    void ask();
  }

  const reset = () => {
    stop();
    places.reset();
    void ask();
  };
  fill(
    root,
    h("h1", { class: "hidden" }, t("view.stress")),
    h("p", { class: "quiet" }, t("stress.why")),
    h("div", { class: "trial" },
      h("section", { class: "card", "aria-label": t("stress.changes") }, places.element,
        h("div", { class: "tools" }, play, h("button", { on: { click: reset } }, t("stress.reset")))),
      h("section", { class: "card shown" }, h("h2", {}, t("stress.seen")), seen),
      h("section", { class: "card", "aria-label": t("bars.label") }, h("h2", {}, t("bars.label")), told, answer.element)),
    card.element,
  );
  let wanted = state.model;
  const end = watch(() => {
    if (state.model !== wanted) void begin((wanted = state.model));
  });
  void begin(wanted);
  return () => {
    end();
    stop();
  };
}
