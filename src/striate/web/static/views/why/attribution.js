/** The answer of one attribution method: its map over the input, what the numbers mean, where they are largest. */

import { decodeBase64, paintImage } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { Attribution, AttributionMethod, Extreme, Pair } from "../../lib/types.d.ts" */

/**
 * @param {AttributionMethod} method
 * @returns {{
 *   element: HTMLElement, setWaiting: (available: boolean) => void, show: (answer: Attribution) => void, clear: () => void,
 * }} the panel is hidden if the method is not available
 */
export function attributionPanel(method) {
  const input = h("canvas", { "aria-hidden": "true" });
  const heatmap = h("canvas", { class: "heatmap", role: "img", "aria-label": t(`why.${method}`) });
  const overlay = h("div", { class: "overlay" }, input, heatmap);
  const extremes = h("p", { class: "extremes" }, t("why.computing"));
  const element = h("section", { class: "card panel", "data-method": method, "aria-busy": "true" },
    h("h2", {}, t(`why.${method}`)), overlay, extremes, h("p", { class: "muted" }, t(`why.${method}.says`)));
  const setBusy = (/** @type {boolean} */ busy) => element.setAttribute("aria-busy", String(busy));
  return {
    element,
    setWaiting(available) {
      element.hidden = !available;
      setBusy(available);
      if (available) extremes.textContent = t("why.computing");
    },
    show(answer) {
      paintImage(input, decodeBase64(answer.input.pixels), answer.input.shape);
      paintHeatmap(heatmap, decodeBase64(answer.map.maps), answer.map.size);
      heatmap.setAttribute("aria-label", t("why.map", { method: t(`why.${method}`), class: answer.class.name }));
      overlay.style.aspectRatio = `${answer.map.size[1]} / ${answer.map.size[0]}`;
      const row = answer.path ? `${t("why.row", { path: answer.path })}; ` : "";
      replaceChildren(extremes, h("strong", {}, answer.class.name), ` · ${row}`, extremesText(answer));
      setBusy(false);
    },
    clear() {
      setBusy(false);
      extremes.textContent = "";
    },
  };
}

/**
 * The largest and the smallest value of the map, and their positions.
 * @param {Attribution} answer
 */
function extremesText({ most, least, map }) {
  const values = (/** @type {Extreme} */ { value, row, column }) =>
    ({ row, column, value: formatNumber(value ?? NaN, { maximumSignificantDigits: 3, signDisplay: "exceptZero" }) });
  return t("why.most", values(most)) + (map.signed ? `; ${t("why.least", values(least))}` : "");
}

/**
 * Orange for, blue against; the larger the value, the more opaque. A few pixels are far larger than all others, so the
 * opacity is the square root of the value.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} data 128 for 0
 * @param {Pair} size
 */
function paintHeatmap(canvas, data, [height, width]) {
  Object.assign(canvas, { height, width });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  data.forEach((byte, i) => {
    const value = (byte - 128) / 127;
    image.data.set([...(value < 0 ? [40, 130, 255] : [255, 120, 0]), 255 * Math.sqrt(Math.min(1, Math.abs(value)))], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
