/** The rows of a network with their maps, in the table's order; branches stand side by side, a shortcut beside its body. */

import { h } from "./dom.js";
import { t } from "./language.js";
import { bytes, paint, signed } from "./pixels.js";

/**
 * @typedef {{
 *   path: string, type: string, shape: number[], shown: number, size: [number, number], scale: number,
 *   signed: boolean, maps: string, branches?: RowMaps[][],
 * }} RowMaps
 */

/**
 * Rows drawn once and painted anew as long as the network stays the same.
 * @param {(row: RowMaps, map: number, place: [number, number] | null) => void} [choose] a map was clicked: its row, its
 *   number, and (row, column) in it
 * @returns {{ element: HTMLElement, show: (rows: RowMaps[], key: string) => void }}
 */
export function mapRows(choose) {
  const element = h("div", { class: "rows" });
  /** @type {Map<string, HTMLCanvasElement[]>} */
  const canvases = new Map();
  let shown = "";
  return {
    element,
    show(rows, key) {
      if (key !== shown) {
        canvases.clear();
        element.replaceChildren(...rows.map((row) => section(row, canvases, choose)));
        shown = key;
      }
      for (const row of every(rows)) paintRow(row, canvases.get(row.path) ?? []);
    },
  };
}

/**
 * Every row, those inside branches too.
 * @param {RowMaps[]} rows
 * @returns {RowMaps[]}
 */
export const every = (rows) => rows.flatMap((row) => [...(row.branches ?? []).flatMap(every), row]);

/**
 * @param {RowMaps} row
 * @param {Map<string, HTMLCanvasElement[]>} canvases
 * @param {((row: RowMaps, map: number, place: [number, number] | null) => void) | undefined} choose
 * @returns {HTMLElement}
 */
function section(row, canvases, choose) {
  const flat = isFlat(row);
  const count = flat ? 1 : row.shown;
  const drawn = Array.from({ length: count }, () => document.createElement("canvas"));
  canvases.set(row.path, drawn);
  const name = row.path.split(".").at(-1) ?? row.path;
  const body = h("div", { class: flat ? "units" : "maps" }, drawn.map((canvas, i) => tile(canvas, row, i, flat, choose)));
  const left = (row.shape[0] ?? 0) - row.shown;
  return h(
    "section",
    { class: `row type-${row.type}`, "data-path": row.path, "aria-label": row.path },
    (row.branches ?? []).length
      ? h("div", { class: "branches" }, (row.branches ?? []).map((branch) =>
          h("div", { class: "branch" }, branch.length
            ? branch.map((inner) => section(inner, canvases, choose))
            : h("p", { class: "shortcut" }, t("maps.identity")))))
      : null,
    h("h3", {}, h("span", { class: "path" }, name), h("span", { class: "kind" }, row.type),
      h("span", { class: "shape" }, row.shape.join("×"))),
    body,
    left > 0 ? h("p", { class: "more" }, t("maps.more", { count: left })) : null,
  );
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {RowMaps} row
 * @param {number} i
 * @param {boolean} flat
 * @param {((row: RowMaps, map: number, place: [number, number] | null) => void) | undefined} choose
 */
function tile(canvas, row, i, flat, choose) {
  const label = flat ? t("maps.units", { path: row.path, count: row.shown }) : t("maps.map", { path: row.path, map: i });
  if (!choose) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    return canvas;
  }
  const click = (/** @type {MouseEvent} */ event) => {
    const [x, y] = share(event, canvas);
    const byKey = event.detail === 0;
    if (flat) choose(row, byKey ? 0 : Math.min(row.shown - 1, Math.floor(x * row.shown)), null);
    else choose(row, i, byKey ? null : [Math.floor(y * row.shape[1]), Math.floor(x * row.shape[2])]);
  };
  return h("button", { class: "tile", "aria-label": label, title: label, on: { click } }, canvas);
}

/**
 * Where an element was clicked, as shares of its width and height, below 1.
 * @param {MouseEvent} event
 * @param {Element} element
 * @returns {[number, number]}
 */
export function share(event, element) {
  const box = element.getBoundingClientRect();
  const within = (/** @type {number} */ part) => Math.min(0.999999, Math.max(0, part));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

/** @param {RowMaps} row */
const isFlat = (row) => row.size[0] * row.size[1] === 1;

/**
 * @param {RowMaps} row
 * @param {HTMLCanvasElement[]} canvases
 */
function paintRow(row, canvases) {
  const data = bytes(row.maps);
  if (isFlat(row)) return paint(canvases[0], data, 1, row.shown, signed);
  const [height, width] = row.size;
  canvases.forEach((canvas, i) => paint(canvas, data, height, width, signed, i * height * width));
}

