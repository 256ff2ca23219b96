/** One method's answer: its map over the picture as the network sees it, what the numbers mean, where they are largest. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { bytes, paintPicture } from "../../lib/pixels.js";

/** @typedef {import("../why.js").Reasons} Reasons */
/** @typedef {import("../why.js").Method} Method */

/**
 * @param {Method} method
 * @returns {{ element: HTMLElement, wait: (there: boolean) => void, show: (found: Reasons) => void, end: () => void }}
 */
export function panel(method) {
  const seen = h("canvas", { "aria-hidden": "true" });
  const heat = h("canvas", { class: "heat", role: "img", "aria-label": t(`why.${method}`) });
  const box = h("div", { class: "over" }, seen, heat);
  const told = h("p", { class: "extremes" }, t("why.working"));
  const element = h("section", { class: "card panel", "data-method": method, "aria-busy": "true" },
    h("h2", {}, t(`why.${method}`)), box, told, h("p", { class: "quiet" }, t(`why.${method}.says`)));
  const busy = (/** @type {boolean} */ on) => element.setAttribute("aria-busy", String(on));
  return {
    element,
    wait(there) {
      element.hidden = !there;
      busy(there);
      if (there) told.textContent = t("why.working");
    },
    show(found) {
      paintPicture(seen, bytes(found.input.pixels), found.input.shape);
      paintHeat(heat, bytes(found.map.maps), found.map.size);
      heat.setAttribute("aria-label", t("why.map", { method: t(`why.${method}`), class: found.class.name }));
      box.style.aspectRatio = `${found.map.size[1]} / ${found.map.size[0]}`;
      fill(told, h("strong", {}, found.class.name), ` · ${found.path ? `${t("why.row", { path: found.path })}; ` : ""}`, extremes(found));
      busy(false);
    },
    end() {
      busy(false);
      told.textContent = "";
    },
  };
}

/**
 * Where the class is spoken for most, and against.
 * @param {Reasons} found
 */
function extremes({ most, least, map }) {
  const number = (/** @type {number | null} */ value) => n(value ?? NaN, { maximumSignificantDigits: 3, signDisplay: "exceptZero" });
  const place = (/** @type {import("../why.js").Place} */ one) => ({ value: number(one.value), row: one.row, column: one.column });
  return t("why.most", place(most)) + (map.signed ? `; ${t("why.least", place(least))}` : "");
}

/**
 * Orange speaks for, blue against, the more opaque the more. Few pixels are far stronger than all others, so that the
 * root of a value's share is drawn.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data 128 for 0
 * @param {[number, number]} size
 */
function paintHeat(canvas, data, [height, width]) {
  Object.assign(canvas, { height, width });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  data.forEach((byte, i) => {
    const share = (byte - 128) / 127;
    image.data.set([...(share < 0 ? [40, 130, 255] : [255, 120, 0]), 255 * Math.sqrt(Math.min(1, Math.abs(share)))], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
