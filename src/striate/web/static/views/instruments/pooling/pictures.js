/** The picture as it is, moved, and what that changes; below each the same after pooling. */

import { decodeBase64, diverging, paintImage, paintMap } from "../../../lib/canvas.js";
import { h, pointerPosition } from "../../../lib/dom.js";
import { formatNumber, t } from "../../../lib/i18n.js";

/** @import { InputImage, Pair, PoolingResponse, PoolingState } from "../../../lib/types.d.ts" */

const COLUMNS = /** @type {const} */ (["still", "moved", "change"]);
const ROWS = /** @type {const} */ (["before", "after"]);

/** @param {(place: Pair) => void} onPoint a cell of the result is chosen */
export function pictures(onPoint) {
  const canvases = ROWS.map(() => COLUMNS.map(() => h("canvas", { role: "img" })));
  const [[before], [after]] = canvases;
  const [window, cell] = [h("div", { class: "window" }), h("div", { class: "window" })];
  const framed = canvases.map((row) => row.map((canvas) => h("div", { class: "framed" }, canvas)));
  framed[0][0].append(window);
  framed[1][0].append(cell);
  const touched = framed[1][0];
  Object.assign(touched, { tabIndex: 0 });
  touched.setAttribute("role", "group");
  touched.classList.add("touch");
  const heads = COLUMNS.map(() => h("p", { class: "column" }));
  const names = ROWS.map(() => h("p", { class: "row" }));
  const changes = ROWS.map(() => h("strong", { class: "number" }));
  /** @type {PoolingResponse | null} */
  let shown = null;

  const point = (/** @type {PointerEvent} */ event) => {
    if (!shown || (event.pointerType !== "mouse" && event.type === "pointermove" && !event.buttons)) return;
    const [x, y] = pointerPosition(event, touched);
    const [, height, width] = shown.pooled.shape;
    onPoint([Math.floor(y * height), Math.floor(x * width)]);
  };
  touched.addEventListener("pointerdown", point);
  touched.addEventListener("pointermove", point);
  touched.addEventListener("keydown", (event) => {
    if (!shown) return;
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    const { unit: [row, column] } = shown.place;
    const [, height, width] = shown.pooled.shape;
    onPoint([Math.min(height - 1, Math.max(0, row + down)), Math.min(width - 1, Math.max(0, column + right))]);
  });

  return {
    element: h("div", { class: "pictures", "aria-busy": "true" },
      h("div", { class: "heads" }, heads),
      ROWS.map((_, i) => h("div", { class: "line" }, h("div", { class: "caption" }, names[i],
        h("p", { class: "change" }, h("span", { class: "muted" }, t("pooling.mean")), changes[i])), framed[i]))),
    /** @param {PoolingResponse} answer @param {PoolingState} settings */
    show(answer, { kernel, kind, shift }) {
      shown = answer;
      const images = [[answer.input, answer.shifted], [answer.pooled, answer.pooled_shifted]];
      const means = [answer.change.input, answer.change.output].map(formatChange);
      const sizes = images.map(([{ shape: [, height, width] }]) => `${height}×${width}`);
      heads.forEach((head, i) => (head.textContent = t(`pooling.column.${COLUMNS[i]}`, { count: shift })));
      ROWS.forEach((row, i) => {
        names[i].textContent = t(`pooling.${row}`, { size: sizes[i] });
        changes[i].textContent = means[i];
        const values = { size: sizes[i], count: shift, change: means[i] };
        COLUMNS.forEach((column, j) => canvases[i][j].setAttribute("aria-label", t(`pooling.${row}.${column}`, values)));
        paint(canvases[i][0], images[i][0]);
        paint(canvases[i][1], images[i][1]);
        paintChange(canvases[i][2], images[i][0], images[i][1]);
      });
      touched.setAttribute("aria-label", t("pooling.after.still", { size: sizes[1] }));
      const side = kind === "none" ? 1 : kernel;
      setBox(window, answer.place.corner, side, before);
      setBox(cell, answer.place.unit, 1, after);
    },
  };
}

/** A mean change, with one digit after the point. @param {number} levels */
export const formatChange = (levels) => formatNumber(levels, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** @param {HTMLCanvasElement} canvas @param {InputImage} image */
const paint = (canvas, { shape, pixels }) => paintImage(canvas, decodeBase64(pixels), shape);

/**
 * The mean change of the channels: orange where it is brighter than before, blue where it is darker.
 * @param {HTMLCanvasElement} canvas
 * @param {InputImage} old
 * @param {InputImage} moved
 */
function paintChange(canvas, { shape: [channels, height, width], pixels }, moved) {
  const [from, to] = [decodeBase64(pixels), decodeBase64(moved.pixels)];
  const size = height * width;
  const bytes = Uint8Array.from({ length: size }, (_, i) => {
    let change = 0;
    for (let channel = 0; channel < channels; channel++) change += to[channel * size + i] - from[channel * size + i];
    return 128 + Math.round((change / channels) * (127 / 255));
  });
  paintMap(canvas, bytes, [height, width], diverging);
}

/**
 * Place an element over cells of a map.
 * @param {HTMLElement} element
 * @param {Pair} corner
 * @param {number} side in cells
 * @param {HTMLCanvasElement} map
 */
function setBox(element, [row, column], side, { height, width }) {
  const [top, left] = [`${(100 * row) / height}%`, `${(100 * column) / width}%`];
  Object.assign(element.style, { top, left, height: `${(100 * side) / height}%`, width: `${(100 * side) / width}%` });
}
