/** One cell of the result: the values of its window, on each channel, and what is kept of them. */

import { grayscale } from "../../../lib/canvas.js";
import { h, replaceChildren, svg } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";
import { CELL, format, showCells } from "../number-cells.js";

/** @import { PoolingResponse, PoolingState, StringKey } from "../../../lib/types.d.ts" */

export function cellCard() {
  const title = h("h2", {});
  const windows = h("div", { class: "windows" });
  return {
    element: h("div", { class: "cell-card" }, title, windows),
    /** @param {PoolingResponse} answer @param {PoolingState["kind"]} kind */
    show({ place: { unit: [row, column], windows: all, values } }, kind) {
      title.textContent = t("pooling.cell", { row, column });
      replaceChildren(windows, all.map((window, channel) => {
        const name = all.length > 1 ? t(/** @type {StringKey} */ (`pooling.window.${channel}`)) : t("pooling.window");
        const picture = svg("svg", { role: "img", class: "cells" });
        showCells(picture, window, grayscale, name);
        if (kind === "max") picture.append(mark(window, values[channel]));
        picture.style.width = `${Math.min(3.2, (all.length > 1 ? 6.6 : 13) / window.length) * window.length}rem`;
        return h("figure", {}, h("figcaption", {}, name), picture,
          h("p", { class: "equation number" }, `${formula(window.flat(), kind)} = `, h("strong", {}, format(values[channel]))));
      }));
    },
  };
}

/** @param {number[]} values @param {PoolingState["kind"]} kind */
function formula(values, kind) {
  if (kind === "none") return t("pooling.first");
  return kind === "max" ? `max(${values.join(", ")})` : `(${values.join(" + ")}) / ${values.length}`;
}

/** A frame around the first of the largest values. @param {number[][]} window @param {number} largest */
function mark(window, largest) {
  const at = window.flat().indexOf(largest);
  const [row, column] = [Math.floor(at / window.length), at % window.length];
  return svg("rect", { class: "window", x: column * CELL + 2, y: row * CELL + 2, width: CELL - 4, height: CELL - 4, rx: 3 });
}
