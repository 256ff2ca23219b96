/** The picture before the kernel, with its padding, and after it; the window of one position on both. */

import { decodeBase64, diverging, grayscale, mapCanvas, paintMap } from "../../lib/canvas.js";
import { h, pointerPosition } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Colormap, FilterResponse, Pair } from "../../lib/types.d.ts" */

/** A map without negative values: 0 black, the largest value white. @type {Colormap} */
const nonNegative = (byte) => grayscale(Math.max(0, Math.round(((byte - 128) * 255) / 127)));

/** @param {(position: Pair) => void} onPoint the pointer is at this (row, column) of the output */
export function beforeAfter(onPoint) {
  const before = h("canvas", { role: "img", "aria-label": t("filters.before") });
  const after = h("canvas", { role: "img", "aria-label": t("filters.after"), class: "after" });
  const [window, cell] = [h("div", { class: "window" }), h("div", { class: "window" })];
  /** @type {FilterResponse | null} */
  let shown = null;
  const point = (/** @type {PointerEvent} */ event) => {
    if (!shown) return;
    const [x, y] = pointerPosition(event, after);
    const [height, width] = shown.output.size;
    onPoint([Math.floor(y * height), Math.floor(x * width)]);
  };
  after.addEventListener("pointermove", point);
  after.addEventListener("pointerdown", point);
  return {
    before: h("div", { class: "framed" }, before, window),
    after: h("div", { class: "framed" }, after, cell),
    /** @param {FilterResponse} answer */
    show(answer) {
      shown = answer;
      const [, height, width] = answer.input.shape;
      const [[top, bottom], [left, right]] = answer.window.padding;
      const [rows, columns] = answer.output.size;
      paintPadded(before, mapCanvas(decodeBase64(answer.input.pixels), [height, width], grayscale), [top, bottom, left, right]);
      paintMap(after, decodeBase64(answer.output.maps), [rows, columns], answer.output.signed ? diverging : nonNegative);
      before.setAttribute("aria-label", t("filters.before.label", { size: `${height}×${width}` }));
      after.setAttribute("aria-label", t("filters.after.label", { size: `${rows}×${columns}` }));
      const { corner, unit } = answer.place;
      setBox(window, [corner[0] + top, corner[1] + left], answer.window.kernel, [before.height, before.width]);
      setBox(cell, unit, [1, 1], [rows, columns]);
    },
  };
}

/**
 * Paint a picture with transparent cells of padding around it.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} picture
 * @param {[number, number, number, number]} padding top, bottom, left, right
 */
function paintPadded(canvas, picture, [top, bottom, left, right]) {
  Object.assign(canvas, { width: picture.width + left + right, height: picture.height + top + bottom });
  canvas.getContext("2d")?.drawImage(picture, left, top);
}

/**
 * Place an element over cells of a map; all sizes in cells.
 * @param {HTMLElement} element
 * @param {Pair} corner
 * @param {Pair} size
 * @param {Pair} mapSize
 */
function setBox(element, corner, size, mapSize) {
  const parts = [corner[0] / mapSize[0], corner[1] / mapSize[1], size[0] / mapSize[0], size[1] / mapSize[1]];
  const [top, left, height, width] = parts.map((part) => `${100 * part}%`);
  Object.assign(element.style, { top, left, height, width });
}
