/** Two dimensions: the picture x with g over it, the products in its window, and the map of the sums so far. */

import { h, pointerPosition, svg } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";
import { CELL, coloursOf, showCells } from "../number-cells.js";

/** @import { OverlapResponse, OverlapState } from "../../../lib/types.d.ts" */

/** @param {(at: number) => void} onMove g was moved to this place */
export function planePicture(onMove) {
  /** @type {{ settings: OverlapState, overlap: OverlapResponse } | null} */
  let loaded = null;
  const [x, kernel, product, sums] = ["x", "g", "product", "sum"].map((name) => svg("svg", { role: "img", class: `cells ${name}` }));
  const window = svg("rect", { class: "window", rx: 3 });
  const cell = svg("rect", { class: "window", rx: 3 });
  const input = h("div", { class: "touch" }, x);
  const output = h("div", { class: "touch", tabIndex: 0, role: "group" }, sums);

  for (const area of [input, output]) {
    const point = (/** @type {PointerEvent} */ event) => {
      if (!loaded || (event.type === "pointermove" && !event.buttons)) return;
      if (event.type === "pointerdown") area.setPointerCapture(event.pointerId);
      const { settings: { x: cells, g }, overlap: { places } } = loaded;
      const [right, down] = pointerPosition(event, area);
      const [rows, columns] = area === input ? [cells.length, cells[0].length] : places;
      const [height, width] = area === input ? [g.length, g[0].length] : [1, 1];
      go(Math.round(down * rows - height / 2), Math.round(right * columns - width / 2));
    };
    area.addEventListener("pointerdown", point);
    area.addEventListener("pointermove", point);
  }
  output.addEventListener("keydown", (event) => {
    if (!loaded) return;
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    const columns = loaded.overlap.places[1];
    go(Math.floor(loaded.settings.at / columns) + down, (loaded.settings.at % columns) + right);
  });

  /** @param {number} row @param {number} column */
  function go(row, column) {
    if (!loaded) return;
    const [rows, columns] = loaded.overlap.places;
    const at = Math.min(rows - 1, Math.max(0, row)) * columns + Math.min(columns - 1, Math.max(0, column));
    if (at !== loaded.settings.at) onMove(at);
  }

  const figure = (/** @type {HTMLElement | SVGElement} */ picture, /** @type {string} */ caption, /** @type {string} */ name) =>
    h("figure", { class: name }, h("figcaption", {}, caption), picture);
  const sign = (/** @type {string} */ text) => h("span", { class: "operator", "aria-hidden": "true" }, text);
  const signed = h("figcaption", {});
  return {
    element: h("div", { class: "plane" },
      figure(input, t("overlap.plane.x"), "x"), sign("×"), h("figure", { class: "g" }, signed, kernel), sign("="),
      figure(product, t("overlap.plane.products"), "product"), sign("Σ ="), figure(output, t("overlap.plane.sums"), "sum")),
    /** @param {OverlapState} settings @param {OverlapResponse} overlap */
    load(settings, overlap) {
      loaded = { settings, overlap };
      signed.textContent = t(settings.flipped ? "overlap.plane.g.flipped" : "overlap.plane.g");
      showCells(x, settings.x, coloursOf(settings.x.flat()), t("overlap.plane.x.label"));
      x.append(window);
      showCells(kernel, overlap.kernel, coloursOf(overlap.kernel.flat(), true), signed.textContent);
      output.setAttribute("aria-label", t("overlap.plane.keys"));
    },
    /** @param {number} at */
    show(at) {
      if (!loaded) return;
      const { settings: { g }, overlap: { places: [rows, columns], products, sums: all } } = loaded;
      const [row, column] = [Math.floor(at / columns), at % columns];
      place(window, row, column, g.length, g[0].length);
      showCells(product, products[at], coloursOf(products.flat(2), true), t("overlap.plane.products"));
      const map = Array.from({ length: rows }, (_, i) => all.slice(i * columns, (i + 1) * columns));
      showCells(sums, map, coloursOf(all, true), t("overlap.plane.sums"), at);
      sums.append(cell);
      place(cell, row, column, 1, 1);
    },
  };
}

/** @param {SVGRectElement} rect @param {number} row @param {number} column @param {number} rows @param {number} columns */
function place(rect, row, column, rows, columns) {
  const box = { x: column * CELL + 1, y: row * CELL + 1, width: columns * CELL - 2, height: rows * CELL - 2 };
  for (const [name, value] of Object.entries(box)) rect.setAttribute(name, String(value));
}
