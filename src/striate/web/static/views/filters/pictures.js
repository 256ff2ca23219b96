/** The picture before a kernel, its padding around it, and after; the window of one place on both. */

import { h } from "../../lib/dom.js";
import { share } from "../../lib/maps.js";
import { t } from "../../lib/language.js";
import { bytes, canvasOf, gray, paint, signed } from "../../lib/pixels.js";

/**
 * @typedef {{
 *   input: { shape: [number, number, number], pixels: string },
 *   output: { size: [number, number], signed: boolean, maps: string },
 *   window: { kernel: [number, number], stride: [number, number], padding: [[number, number], [number, number]] },
 *   place: { unit: [number, number], corner: [number, number], window: number[][], products: number[][], value: number },
 *   range: [number, number],
 * }} Filtered
 */

/** A map without negative values: black for 0, white for the largest. @type {import("../../lib/pixels.js").Colours} */
const positive = (byte) => gray(Math.max(0, Math.round(((byte - 128) * 255) / 127)));

/** @param {(place: [number, number]) => void} chosen is told (row, column) of the output that is pointed at */
export function pictures(chosen) {
  const before = h("canvas", { role: "img", "aria-label": t("filters.before") });
  const after = h("canvas", { role: "img", "aria-label": t("filters.after"), class: "after" });
  const [window, cell] = [h("div", { class: "window" }), h("div", { class: "window" })];
  /** @type {Filtered | null} */
  let shown = null;
  const point = (/** @type {PointerEvent} */ event) => {
    if (!shown) return;
    const [x, y] = share(event, after);
    const [height, width] = shown.output.size;
    chosen([Math.floor(y * height), Math.floor(x * width)]);
  };
  after.addEventListener("pointermove", point);
  after.addEventListener("pointerdown", point);
  return {
    before: h("div", { class: "framed" }, before, window),
    after: h("div", { class: "framed" }, after, cell),
    /** @param {Filtered} found */
    show(found) {
      shown = found;
      const [, height, width] = found.input.shape;
      const [[top, bottom], [left, right]] = found.window.padding;
      const [rows, columns] = found.output.size;
      padded(before, canvasOf(bytes(found.input.pixels), height, width, gray), [top, bottom, left, right]);
      paint(after, bytes(found.output.maps), rows, columns, found.output.signed ? signed : positive);
      before.setAttribute("aria-label", t("filters.before.label", { size: `${height}×${width}` }));
      after.setAttribute("aria-label", t("filters.after.label", { size: `${rows}×${columns}` }));
      const { corner, unit } = found.place;
      frame(window, [corner[0] + top, corner[1] + left], found.window.kernel, [before.height, before.width]);
      frame(cell, unit, [1, 1], [rows, columns]);
    },
  };
}

/**
 * The picture with as many cells of padding, which are left clear.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} picture
 * @param {[number, number, number, number]} padding top, bottom, left, right
 */
function padded(canvas, picture, [top, bottom, left, right]) {
  Object.assign(canvas, { width: picture.width + left + right, height: picture.height + top + bottom });
  canvas.getContext("2d")?.drawImage(picture, left, top);
}

/**
 * @param {HTMLElement} element
 * @param {[number, number]} corner
 * @param {[number, number]} size
 * @param {[number, number]} whole all in cells, (rows, columns)
 */
function frame(element, corner, size, whole) {
  const parts = [corner[0] / whole[0], corner[1] / whole[1], size[0] / whole[0], size[1] / whole[1]];
  const [top, left, height, width] = parts.map((part) => `${100 * part}%`);
  Object.assign(element.style, { top, left, height, width });
}
