/** Draw: a pad, and the network's prediction while the pen still moves. */

import { postPicture } from "../lib/api.js";
import { decodeBase64, paintImage } from "../lib/canvas.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { featureMaps } from "../lib/feature-maps.js";
import { formatPercent, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { withNote } from "../lib/picture-note.js";
import { probabilityBars } from "../lib/probability-bars.js";
import { setState, state, watchModel } from "../lib/state.js";
import { drawingPad } from "./draw/pad.js";

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const bars = probabilityBars(10);
  const input = h("canvas", { class: "input-image", role: "img", "aria-label": t("draw.input") });
  const prediction = h("p", { class: "prediction", role: "status" });
  const maps = featureMaps();
  const pad = drawingPad(() => void update());

  let unmounted = false;
  const predict = coalesce(async (/** @type {number} */ start) => {
    if (unmounted) return;
    const picture = pad.picture();
    setState({ picture, strokes: pad.strokes() });
    try {
      const { model } = state;
      const answer = await postPicture("layers", picture.blob, { model, maps: 16 });
      const [best] = answer.top;
      bars.show(pad.isEmpty() ? [] : answer.top);
      const words = t("prediction.top", { class: best.class, probability: formatPercent(best.probability) });
      prediction.textContent = pad.isEmpty() ? t("draw.empty") : withNote(answer.note, words);
      paintImage(input, decodeBase64(answer.input.pixels), answer.input.shape);
      maps.show(answer.rows, model);
      performance.measure("draw", { start, end: performance.now() });
    } catch (error) {
      showError(error);
    }
  });

  /** Predict what is on the pad now; `data-behind` marks the page until the answer is shown. */
  const update = async () => {
    root.dataset.behind = "";
    await predict(performance.now());
    delete root.dataset.behind;
  };

  replaceChildren(
    root,
    h("h1", { class: "hidden" }, t("view.draw")),
    h("div", { class: "layout" },
      pad.element,
      h("section", { class: "card", "aria-label": t("prediction.label") },
        h("h2", {}, t("prediction.label")), prediction, bars.element),
      h("section", { class: "card" }, h("h2", {}, t("draw.input")), input, h("p", { class: "muted" }, t("draw.input.why")))),
    h("section", { class: "card" },
      h("h2", {}, t("draw.maps")),
      h("p", { class: "muted" }, t("draw.maps.why"), " ", h("a", { href: "#layers" }, t("draw.more"))),
      maps.element),
  );
  let { samples } = state;
  const stopWatching = watchModel(() => {
    if (state.samples === samples) return void update();
    ({ samples } = state);
    pad.restore(state.picture && state.strokes);
  });
  pad.restore(state.picture && state.strokes);
  return () => {
    if (root.dataset.behind !== undefined) setState({ picture: pad.picture(), strokes: pad.strokes() });
    unmounted = true;
    stopWatching();
    pad.unmount();
    delete root.dataset.behind;
  };
}
