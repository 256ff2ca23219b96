/** Draw: a pad, and what the network takes for it while the pen still moves. */

import { latest, postPicture } from "../lib/api.js";
import { bars } from "../lib/bars.js";
import { fill, h } from "../lib/dom.js";
import { percent, t } from "../lib/language.js";
import { mapRows } from "../lib/maps.js";
import { notice } from "../lib/notice.js";
import { bytes, paintPicture } from "../lib/pixels.js";
import { change, state, watch } from "../lib/state.js";
import { pad } from "../lib/pad.js";

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const answer = bars(10);
  const seen = h("canvas", { class: "seen", role: "img", "aria-label": t("draw.seen") });
  const told = h("p", { class: "verdict", role: "status" });
  const rows = mapRows();
  const drawing = pad(() => void follow());

  let gone = false;
  const look = latest(async (/** @type {number} */ since) => {
    if (gone) return;
    const picture = drawing.picture();
    change({ picture, strokes: drawing.strokes() });
    try {
      const model = state.model;
      const found = await postPicture("layers", picture.blob, { model, maps: 16 });
      answer.show(drawing.empty() ? [] : found.top);
      told.textContent = drawing.empty()
        ? t("draw.empty")
        : t("draw.verdict", { class: found.top[0].class, share: percent(found.top[0].probability) });
      paintPicture(seen, bytes(found.input.pixels), found.input.shape);
      rows.show(found.rows, model);
      performance.measure("draw", { start: since, end: performance.now() });
    } catch (error) {
      notice(error);
    }
  });

  /** Answer for what is on the pad now; the page says of itself while it is behind. */
  const follow = async () => {
    root.dataset.behind = "";
    await look(performance.now());
    delete root.dataset.behind;
  };

  fill(
    root,
    h("h1", { class: "hidden" }, t("view.draw")),
    h("div", { class: "desk" },
      drawing.element,
      h("section", { class: "card", "aria-label": t("bars.label") }, h("h2", {}, t("bars.label")), told, answer.element),
      h("section", { class: "card" }, h("h2", {}, t("draw.seen")), seen, h("p", { class: "quiet" }, t("draw.seen.why")))),
    h("section", { class: "card" },
      h("h2", {}, t("draw.maps")),
      h("p", { class: "quiet" }, t("draw.maps.why"), " ", h("a", { href: "#layers" }, t("draw.more"))),
      rows.element),
  );
  let model = state.model;
  const end = watch(() => {
    if (state.model === model) return;
    model = state.model;
    void follow();
  });
  drawing.restore(state.picture && state.strokes);
  return () => {
    if (root.dataset.behind !== undefined) change({ picture: drawing.picture(), strokes: drawing.strokes() });
    gone = true;
    end();
    drawing.end();
    delete root.dataset.behind;
  };
}
