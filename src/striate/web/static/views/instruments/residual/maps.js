/** Maps on one scale, each with its name. */

import { decodeBase64, diverging, paintMap } from "../../../lib/canvas.js";
import { h } from "../../../lib/dom.js";

/** @import { PackedMaps } from "../../../lib/types.d.ts" */

/**
 * @param {PackedMaps} maps
 * @param {string[]} names
 * @returns {HTMLElement[]}
 */
export function mapFigures({ maps, size }, names) {
  const data = decodeBase64(maps);
  return names.map((name, i) => {
    const canvas = h("canvas", { role: "img", "aria-label": name });
    paintMap(canvas, data, size, diverging, i * size[0] * size[1]);
    return h("figure", {}, canvas, h("figcaption", {}, name));
  });
}
