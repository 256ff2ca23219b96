/** A map or a picture as cells, hatched padding around it, a box over the cells that are meant. */

import { h, svg } from "../../lib/dom.js";
import { share } from "../../lib/maps.js";

/** @typedef {[number, number]} Pair along rows, along columns */
/** @typedef {{ size: Pair, before: Pair, after: Pair }} Extent cells, and those of the padding around them */
/** @typedef {{ top: number, left: number, height: number, width: number }} Box in cells; it may hang over the edge */

const MARGIN = 0.25; // of a side, the widest padding that is drawn

/**
 * @param {string} name its class
 * @returns {{
 *   element: HTMLElement, canvas: HTMLCanvasElement, fit: (extent: Extent) => void, mark: (box: Box, label: string) => void,
 *   cover: (place: Pair | null) => void, cellAt: (event: MouseEvent) => Pair,
 * }}
 */
export function board(name) {
  const canvas = h("canvas");
  const dim = svg("path", { class: "dim", "fill-rule": "evenodd" });
  const hidden = svg("path", { class: "uncomputed" });
  const lines = [svg("rect", { class: "halo" }), svg("rect", { class: "box" })];
  const over = svg("svg", { preserveAspectRatio: "none" }, dim, hidden, lines);
  const element = h("div", { class: `board ${name}` }, canvas, over);
  /** @type {Extent} */
  let extent = { size: [1, 1], before: [0, 0], after: [0, 0] };

  return {
    element,
    canvas,
    fit(wanted) {
      extent = { size: wanted.size, before: drawnPadding(wanted.before, wanted.size), after: drawnPadding(wanted.after, wanted.size) };
      const [height, width] = whole(extent);
      over.setAttribute("viewBox", `${-extent.before[1]} ${-extent.before[0]} ${width} ${height}`);
      element.style.aspectRatio = `${width} / ${height}`;
      Object.assign(canvas.style, {
        left: part(extent.before[1], width), top: part(extent.before[0], height),
        width: part(extent.size[1], width), height: part(extent.size[0], height),
      });
      hidden.setAttribute("d", "");
    },
    mark(box, label) {
      for (const line of lines) {
        for (const [key, value] of Object.entries({ x: box.left, y: box.top, height: box.height, width: box.width })) {
          line.setAttribute(key, String(value));
        }
      }
      const [height, width] = whole(extent);
      dim.setAttribute("d", `M${-extent.before[1]} ${-extent.before[0]}h${width}v${height}h${-width}z`
        + `M${box.left} ${box.top}h${box.width}v${box.height}h${-box.width}z`);
      over.setAttribute("role", "img");
      over.setAttribute("aria-label", label);
    },
    cover(place) {
      const [height, width] = extent.size;
      hidden.setAttribute("d", place === null ? ""
        : `M${place[1] + 1} ${place[0]}H${width + 1}v1H${place[1] + 1}zM-1 ${place[0] + 1}H${width + 1}V${height + 1}H-1z`);
    },
    cellAt(event) {
      const [x, y] = share(event, canvas);
      return [Math.floor(y * extent.size[0]), Math.floor(x * extent.size[1])];
    },
  };
}

/** @param {Extent} extent */
const whole = ({ size, before, after }) => [0, 1].map((axis) => size[axis] + before[axis] + after[axis]);

/**
 * @param {Pair} cells
 * @param {Pair} size
 * @returns {Pair}
 */
const drawnPadding = (cells, size) => [Math.min(cells[0], Math.ceil(size[0] * MARGIN)), Math.min(cells[1], Math.ceil(size[1] * MARGIN))];

/**
 * @param {number} cells
 * @param {number} all
 */
const part = (cells, all) => `${(100 * cells) / all}%`;
