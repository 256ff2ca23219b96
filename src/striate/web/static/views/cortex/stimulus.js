/** The network's input with the bar, the receptive field over it, and a handle that turns the bar. */

import { decodeBase64, grayscale, paintMap } from "../../lib/canvas.js";
import { h, svg } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Tuning } from "../../lib/types.d.ts" */

/**
 * @param {(orientation: number) => void} onTurn the bar is dragged to the orientation of this index
 * @returns {{ element: HTMLElement, show: (tuning: Tuning, orientation: number) => void }}
 */
export function barStimulus(onTurn) {
  const canvas = h("canvas", { role: "img", "aria-label": t("cortex.bar") });
  const overlay = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const element = h("div", { class: "stimulus", title: t("cortex.drag") }, canvas, overlay);
  /** @type {Tuning | null} */
  let shown = null;
  /** The pictures of all orientations. @type {Uint8Array} */
  let pixels = new Uint8Array();

  const drag = (/** @type {PointerEvent} */ event) => {
    if (!shown) return;
    const box = element.getBoundingClientRect();
    const [x, y] = fieldCentre(shown);
    const right = ((event.clientX - box.left) / box.width) * shown.window.width - x;
    const up = y - ((event.clientY - box.top) / box.height) * shown.window.height;
    const count = shown.orientations.length;
    onTurn((Math.round((Math.atan2(up, right) / Math.PI) * count) + 2 * count) % count);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    drag(event);
  });
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && drag(event));

  return {
    element,
    show(tuning, orientation) {
      if (tuning.pictures !== shown?.pictures) pixels = decodeBase64(tuning.pictures);
      shown = tuning;
      const degrees = tuning.orientations[orientation];
      paintMap(canvas, pixels, tuning.size, grayscale, orientation * tuning.size[0] * tuning.size[1]);
      canvas.setAttribute("aria-label", t("cortex.picture", { degrees }));
      overlay.setAttribute("viewBox", `0 0 ${tuning.window.width} ${tuning.window.height}`);
      element.style.aspectRatio = `${tuning.window.width} / ${tuning.window.height}`;
      overlay.replaceChildren(...fieldOutline(tuning), ...handles(tuning, degrees));
    },
  };
}

/** The centre of the receptive field in the shown part of the input, (x, y). @param {Tuning} tuning @returns {[number, number]} */
function fieldCentre({ field, window }) {
  return [field.left - window.left + field.width / 2, field.top - window.top + field.height / 2];
}

/** @param {Tuning} tuning */
function fieldOutline({ field, window }) {
  const box = { x: field.left - window.left, y: field.top - window.top, width: field.width, height: field.height };
  return ["halo", "field"].map((name) => svg("rect", { class: name, ...box }));
}

/**
 * A handle on the bar's axis at both sides of the receptive field.
 * @param {Tuning} tuning
 * @param {number} degrees
 */
function handles(tuning, degrees) {
  const [x, y] = fieldCentre(tuning);
  const distance = 0.42 * Math.min(tuning.window.width, tuning.window.height);
  const [right, up] = [Math.cos((degrees * Math.PI) / 180) * distance, Math.sin((degrees * Math.PI) / 180) * distance];
  return [[x + right, y - up], [x - right, y + up]].map(([cx, cy]) =>
    svg("circle", { class: "handle", cx, cy, r: distance * 0.075 }));
}
