/** Draw: a pad, and beside it the network, from the picture through its maps to the classes, while the pen still moves. */

import { postPicture } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { setState, state, watch } from "../lib/state.js";
import { drawingPad } from "./draw/pad.js";
import { networkFigure } from "./network/figure.js";

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const figure = networkFigure(() => pad.picture(), () => void update());
  const pad = drawingPad(() => void update());

  let unmounted = false;
  /** The picture of the state that the pad shows or has made. */
  let { picture, samples, model } = state;

  /** Make the pad's content the picture of the state. */
  function keepPicture() {
    picture = pad.picture();
    setState({ picture });
    return picture;
  }

  /** Show the picture of the state, which a link, another model or a file that was read late has given it. */
  function followState() {
    ({ picture, samples, model } = state);
    pad.restore();
  }

  const predict = coalesce(async (/** @type {number} */ start) => {
    if (unmounted) return;
    if (state.picture !== picture) return followState();
    const { blob } = keepPicture();
    try {
      const asked = state.model;
      await figure.setModel(asked);
      const answer = await postPicture("layers", blob, { model: asked, rows: figure.rows() });
      if (unmounted || asked !== state.model) return;
      figure.show(answer, pad.isEmpty());
      performance.measure("draw", { start, end: performance.now() });
      await figure.updateSum();
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

  replaceChildren(root,
    h("h1", { class: "hidden" }, t("view.draw")),
    h("div", { class: "layout" }, pad.element, figure.element));
  const stopWatching = watch(() => {
    if (state.picture !== picture || state.samples !== samples) return followState();
    if (state.model === model) return;
    ({ model } = state);
    void update();
  });
  followState();
  return () => {
    if (root.dataset.behind !== undefined && state.picture === picture) keepPicture();
    unmounted = true;
    stopWatching();
    pad.unmount();
    figure.unmount();
    delete root.dataset.behind;
  };
}
