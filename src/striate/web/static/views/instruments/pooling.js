/** Pooling: any picture through any window, and what a shift of the picture changes before and after it. */

import { postPicture } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { currentPicture, state, watch } from "../../lib/state.js";
import { segments, slider } from "./controls.js";
import { cellCard } from "./pooling/cell.js";
import { effects } from "./pooling/effects.js";
import { pictures } from "./pooling/pictures.js";
import { MOST, settings } from "./pooling/state.js";

/** @import { PoolingState } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const stage = pictures((place) => {
    settings.place = place;
    void update();
  });
  const [cell, effect] = [cellCard(), effects()];

  const update = coalesce(async () => {
    const sent = { ...settings };
    const { kernel, stride, kind, shift, place } = sent;
    const query = { model: state.model, kernel, stride, kind, shift, ...(place ? { row: place[0], column: place[1] } : {}) };
    try {
      const answer = await postPicture("instruments/pooling", currentPicture().blob, query);
      stage.show(answer, sent);
      cell.show(answer, kind);
      effect.show(answer, stride, shift);
    } catch (error) {
      showError(error);
    } finally {
      stage.element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {Partial<PoolingState>} changes */
  function set(changes) {
    Object.assign(settings, changes);
    showControls();
    void update();
  }

  const kinds = h("div", {});
  const kernel = slider({ id: "pooling-kernel", label: t("pooling.kernel"), format: (size) => t("pooling.kernel.size", { kernel: size }),
    onInput: (size) => set({ kernel: size }) });
  const stride = slider({ id: "pooling-stride", label: t("pooling.stride"), format: String, onInput: (size) => set({ stride: size }) });
  const shift = slider({ id: "pooling-shift", label: t("pooling.shift"), format: (count) => t("pooling.pixels", { count }),
    onInput: (count) => set({ shift: count }) });

  function showControls() {
    const kind = segments({ label: t("pooling.kind"), onChoose: (chosen) => {
      set({ kind: chosen });
      /** @type {HTMLElement | null} */ (kinds.querySelector("[aria-pressed=true]"))?.focus();
    }, choices: [["max", t("pooling.max")], ["average", t("pooling.average")], ["none", everyValue(settings.stride)]] });
    kind.show(settings.kind);
    replaceChildren(kinds, kind.element);
    kernel.show(settings.kernel, { min: 1, max: MOST.kernel, step: 1 });
    kernel.input.disabled = settings.kind === "none";
    stride.show(settings.stride, { min: 1, max: MOST.stride, step: 1 });
    shift.show(settings.shift, { min: 0, max: MOST.shift, step: 1 });
  }

  replaceChildren(
    root,
    h("section", { class: "card main", "aria-label": t("pooling.stage") },
      h("div", { class: "toolbar" }, kinds),
      h("div", { class: "sliders" }, kernel.element, stride.element, shift.element),
      stage.element, h("p", { class: "muted" }, t("pooling.how"))),
    h("section", { class: "card side" }, cell.element, effect.element,
      h("p", { class: "muted" }, h("a", { href: "#draw" }, t("picture.other")))),
  );
  showControls();
  let [picture, model] = [currentPicture(), state.model];
  const stopWatching = watch(() => {
    if (currentPicture() === picture && state.model === model) return;
    [picture, model] = [currentPicture(), state.model];
    void update();
  });
  void update();
  return stopWatching;
}

/** No pooling at all: of every `stride` values the first. @param {number} stride */
const everyValue = (stride) => t(/** @type {"pooling.none.n"} */ (`pooling.none.${stride > 3 ? "n" : stride}`), { stride });
