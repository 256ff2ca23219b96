/** The sum of one unit, beside the diagram. It follows the picture until it is closed. */

import { postPicture } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { state } from "../../lib/state.js";

/** @import { Picture, Query } from "../../lib/types.d.ts" */

/**
 * @param {() => Picture} picture
 * @param {() => void} onClose
 */
export function unitPanel(picture, onClose) {
  const selection = state.network;
  const content = h("div", {});
  const close = h("button", { class: "close", "aria-label": t("network.close"), title: t("network.close"), on: { click: onClose } }, "×");
  const goToLayers = () => {
    const { model, path, unit, input } = selection;
    Object.assign(state.layers, { model, path, unit, input, animating: false });
  };
  const element = h("aside", { class: "card unit-panel", "aria-label": t("network.arithmetic"), hidden: true },
    h("div", { class: "panel-head" }, h("a", { href: "#layers", on: { click: goToLayers } }, t("network.in_layers")), close), content);

  /** Loaded when a unit is opened for the first time. @type {ReturnType<typeof import("../layers/arithmetic.js").unitArithmetic> | null} */
  let arithmetic = null;

  const update = coalesce(async () => {
    const { model, path, unit, input } = selection;
    if (!unit) return;
    try {
      arithmetic ??= (await import("../layers/arithmetic.js")).unitArithmetic((map) => {
        selection.input = map;
        void update();
      });
      /** @type {Query} */
      const query = { model, path, unit: unit.join() };
      if (input !== null) query.input = input;
      const answer = await postPicture("unit", picture().blob, query);
      if (selection.path !== path || selection.unit !== unit) return; // another one is opened, or none
      selection.input ??= answer.grids?.shown[0].map ?? null;
      if (!content.firstChild) replaceChildren(content, arithmetic.element);
      arithmetic.show(answer, selection.input);
      element.hidden = false;
    } catch (error) {
      showError(error);
    }
  });

  return {
    element,
    update,
    focus: () => close.focus(),
    hide() {
      element.hidden = true;
    },
  };
}
