/** A map or a picture on a grid of cells, with hatched padding around it and a box over some of its cells. */

import { h, pointerPosition, svg } from "../../lib/dom.js";

/** @import { Box, Extent, Pair } from "../../lib/types.d.ts" */

const MAX_PADDING = 0.25; // of a side: more is not drawn

/**
 * @param {string} name its class
 * @returns {{
 *   element: HTMLElement, canvas: HTMLCanvasElement, setExtent: (extent: Extent) => void,
 *   highlight: (box: Box, label: string) => void, hideAfter: (position: Pair | null) => void, cellAt: (event: MouseEvent) => Pair,
 * }}
 */
export function mapView(name) {
  const canvas = h("canvas");
  const dimmed = svg("path", { class: "dimmed", "fill-rule": "evenodd" });
  const uncomputed = svg("path", { class: "uncomputed" });
  const outlines = [svg("rect", { class: "halo" }), svg("rect", { class: "box" })];
  const overlay = svg("svg", { preserveAspectRatio: "none" }, dimmed, uncomputed, outlines);
  const element = h("div", { class: `map-view ${name}` }, canvas, overlay);
  /** @type {Extent} */
  let extent = { size: [1, 1], before: [0, 0], after: [0, 0] };

  return {
    element,
    canvas,
    setExtent({ size, before, after }) {
      extent = { size, before: drawnPadding(before, size), after: drawnPadding(after, size) };
      const [height, width] = paddedSize(extent);
      overlay.setAttribute("viewBox", `${-extent.before[1]} ${-extent.before[0]} ${width} ${height}`);
      element.style.aspectRatio = `${width} / ${height}`;
      Object.assign(canvas.style, {
        left: percentage(extent.before[1], width), top: percentage(extent.before[0], height),
        width: percentage(extent.size[1], width), height: percentage(extent.size[0], height),
      });
      uncomputed.setAttribute("d", "");
    },
    highlight(box, label) {
      for (const outline of outlines) {
        for (const [key, value] of Object.entries({ x: box.left, y: box.top, height: box.height, width: box.width })) {
          outline.setAttribute(key, String(value));
        }
      }
      const [height, width] = paddedSize(extent);
      dimmed.setAttribute("d", `M${-extent.before[1]} ${-extent.before[0]}h${width}v${height}h${-width}z`
        + `M${box.left} ${box.top}h${box.width}v${box.height}h${-box.width}z`);
      overlay.setAttribute("role", "img");
      overlay.setAttribute("aria-label", label);
    },
    hideAfter(position) {
      if (position === null) return uncomputed.setAttribute("d", "");
      const [row, column] = position;
      const [height, width] = extent.size;
      uncomputed.setAttribute("d",
        `M${column + 1} ${row}H${width + 1}v1H${column + 1}zM-1 ${row + 1}H${width + 1}V${height + 1}H-1z`);
    },
    cellAt(event) {
      const [x, y] = pointerPosition(event, canvas);
      return [Math.floor(y * extent.size[0]), Math.floor(x * extent.size[1])];
    },
  };
}

/** @param {Extent} extent */
const paddedSize = ({ size, before, after }) => [0, 1].map((axis) => size[axis] + before[axis] + after[axis]);

/**
 * @param {Pair} cells
 * @param {Pair} size
 * @returns {Pair}
 */
const drawnPadding = (cells, size) =>
  [Math.min(cells[0], Math.ceil(size[0] * MAX_PADDING)), Math.min(cells[1], Math.ceil(size[1] * MAX_PADDING))];

/**
 * @param {number} part
 * @param {number} all
 */
const percentage = (part, all) => `${(100 * part) / all}%`;
