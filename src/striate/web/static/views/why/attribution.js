/** The answer of one attribution method: its map over the picture, what the numbers mean, where they are largest. */

import { decodeBase64, diverging, paintImage } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { Attribution, AttributionMethod, Extreme, Rgb } from "../../lib/types.d.ts" */

const LEAST = 0.1; // of the largest value: below it nothing is painted
const [FOR, AGAINST] = [diverging(230), diverging(1)];
/** Sensitivity has no sign: it is evidence for nothing. @type {Rgb} */
const EITHER = [214, 84, 214];

/**
 * @param {AttributionMethod} method
 * @returns {{
 *   element: HTMLElement, setWaiting: (available: boolean) => void, show: (answers: Attribution[]) => void, clear: () => void,
 * }} the panel is hidden if the method is not available; `show` takes the answers for one class, or for two to compare
 */
export function attributionPanel(method) {
  const maps = h("div", { class: "maps" }, overlay(method).element);
  const extremes = h("div", { class: "extremes" }, t("why.computing"));
  const element = h("section", { class: "card panel", "data-method": method, "aria-busy": "true" },
    h("h2", {}, t(`why.${method}`)), maps, extremes, h("p", { class: "muted explanation" }, t(`why.${method}.says`)));
  const setBusy = (/** @type {boolean} */ busy) => element.setAttribute("aria-busy", String(busy));
  return {
    element,
    setWaiting(available) {
      element.hidden = !available;
      setBusy(available);
      if (available) extremes.textContent = t("why.computing");
    },
    show(answers) {
      const values = answers.map(evidentValues);
      const largest = Math.max(...values.map((numbers) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
      replaceChildren(maps, answers.map((answer, i) => {
        const one = overlay(method);
        one.show(answer, values[i], largest); // one scale for both classes
        return one.element;
      }));
      replaceChildren(extremes, answers.map((answer) => h("p", {}, h("strong", {}, answer.class.name), ` · ${describe(answer)}`)));
      setBusy(false);
    },
    clear() {
      setBusy(false);
      extremes.textContent = "";
    },
  };
}

/** A map over the picture. @param {AttributionMethod} method */
function overlay(method) {
  const picture = h("canvas", { class: "picture", "aria-hidden": "true" });
  const heatmap = h("canvas", { class: "heatmap", role: "img", "aria-label": t(`why.${method}`) });
  const element = h("div", { class: "overlay", title: t("why.hold") }, picture, heatmap);
  return {
    element,
    show(/** @type {Attribution} */ answer, /** @type {Float32Array} */ values, /** @type {number} */ largest) {
      paintImage(picture, decodeBase64(answer.input.pixels), answer.input.shape);
      paintHeatmap(heatmap, answer, values, largest);
      heatmap.setAttribute("aria-label", t("why.map", { method: t(`why.${method}`), class: answer.class.name }));
      element.style.aspectRatio = `${answer.map.size[1]} / ${answer.map.size[0]}`;
    },
  };
}

/** What is in the map, in words: nothing, or where it is largest and smallest. @param {Attribution} answer */
function describe(answer) {
  const { most, least, map, method, path, evident } = answer;
  if (most.value === 0 && least.value === 0) return t(method === "grad_cam" ? "why.grad_cam.empty" : "why.empty", { path: path ?? "" });
  const values = (/** @type {Extreme} */ { value, row, column }) =>
    ({ row, column, value: formatNumber(value ?? NaN, { maximumSignificantDigits: 3, signDisplay: "exceptZero" }) });
  const from = path ? `${t("why.row", { path })}; ` : "";
  const mask = evident && decodeBase64(evident);
  const isBackground = mask && !mask[most.row * map.size[1] + most.column];
  if (isBackground) return `${from}${t("why.most", values(most))}. ${t("why.grad_cam.background")}`;
  return from + t("why.most", values(most)) + (map.signed ? `; ${t("why.least", values(least))}` : "");
}

/**
 * The values of a map; 0 where Grad-CAM weights maps that are as for an empty picture, and so no evidence.
 * @param {Attribution} answer
 */
function evidentValues({ map, evident }) {
  const mask = evident && decodeBase64(evident);
  return Float32Array.from(decodeBase64(map.maps), (byte, i) => (mask && !mask[i] ? 0 : ((byte - 128) / 127) * map.scale));
}

/**
 * Orange for the class, blue against it, pink for sensitivity, which has no sign. The larger the value, the more opaque; what
 * is below a tenth of the largest stays as it is, so that a background that is evidence of nothing has no colour.
 * @param {HTMLCanvasElement} canvas
 * @param {Attribution} answer
 * @param {Float32Array} values
 * @param {number} largest of all maps that are compared
 */
function paintHeatmap(canvas, { map, method }, values, largest) {
  const [height, width] = map.size;
  Object.assign(canvas, { height, width });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const positive = method === "saliency" ? EITHER : FOR;
  values.forEach((value, i) => {
    const share = Math.min(1, Math.abs(value) / (largest || 1));
    const opacity = Math.sqrt(Math.max(0, share - LEAST) / (1 - LEAST));
    image.data.set([...(value < 0 ? AGAINST : positive), 255 * opacity], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
