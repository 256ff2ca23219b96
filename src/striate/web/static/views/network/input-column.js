/** The first column of the diagram: the picture as the network takes it, one tile for all of its channels. */

import { decodeBase64, paintImage } from "../../lib/canvas.js";
import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { INPUT } from "../../lib/network-graph.js";

/** @import { Network, InputImage } from "../../lib/types.d.ts" */
/** @import { Column, Space } from "./column.js" */

/**
 * @param {Network} network
 * @returns {Column & { show: (input: InputImage) => void }}
 */
export function inputColumn({ input }) {
  const [, height, width] = input;
  const canvas = h("canvas", { class: "input-image", role: "img", "aria-label": t("draw.input") });
  const tiles = h("div", { class: "tiles", title: t("draw.input.why"), "data-tiles": INPUT }, canvas);
  const element = h("section", { class: "column input", "data-path": INPUT, "aria-label": t("network.input") },
    h("header", {}, h("b", {}, t("network.input")), h("span", { class: "shape" }, input.join("×"))),
    h("div", { class: "stand" }, tiles));
  let side = 1;
  return {
    path: INPUT,
    shape: [...input],
    element,
    tiles,
    visible: true,
    grid: () => ({ shown: 1, columns: 1, lines: 1, tile: [side * height / width, side], gap: 0 }),
    /** @param {Space} space */
    fit(space) {
      side = Math.min(space.narrow ? 140 : 1.25 * space.largest, space.width * 1.25);
      Object.assign(tiles.style, { width: `${side}px`, height: `${side * height / width}px` });
    },
    maps: () => [0],
    paint: () => {},
    unitUnder: () => null,
    cellBox: ([, i = 0, j = 0]) => ({ top: i * side / width, left: j * side / width, height: side / width, width: side / width }),
    valueOf: () => "",
    show: ({ shape, pixels }) => paintImage(canvas, decodeBase64(pixels), shape),
  };
}
