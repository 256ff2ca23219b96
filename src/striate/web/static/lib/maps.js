/** The rows of a network with their maps, in the table's order; branches stand side by side, a shortcut beside its body. */

import { h } from "./dom.js";
import { n, t } from "./language.js";
import { bytes, paint, signed } from "./pixels.js";

/**
 * @typedef {{
 *   path: string, type: string, shape: number[], shown: number, size: [number, number], scale: number,
 *   signed: boolean, maps: string, branches?: RowMaps[][],
 * }} RowMaps
 * @typedef {{
 *   choose?: (row: RowMaps, map: number, place: [number, number] | null) => void,
 *   whole?: (row: RowMaps) => void,
 * }} Told what a person does: chooses a unit by its row, its map and (row, column) in it, null by the keyboard; asks for
 *   all maps of a row
 * @typedef {{ told: Told, rows: Map<string, RowMaps>, canvases: Map<string, HTMLCanvasElement[]>, paint: () => void }} Drawn
 */

/**
 * Rows drawn once and painted anew as long as the network stays the same. What is inside a row folds away; at first all
 * but the first such row are folded, so that a network of a hundred rows stays legible.
 * @param {Told} [told]
 * @returns {{
 *   element: HTMLElement, show: (rows: RowMaps[], key: string) => void, replace: (row: RowMaps) => void,
 *   mark: (path: string, map: number) => HTMLElement | null,
 * }}
 */
export function mapRows(told = {}) {
  const element = h("div", { class: "rows" });
  /** @type {Drawn} */
  const drawn = { told, rows: new Map(), canvases: new Map(), paint: paintOpen };
  let shown = "";

  function paintOpen() {
    for (const [path, canvases] of drawn.canvases) {
      const row = drawn.rows.get(path);
      if (row && !canvases[0]?.closest("details:not([open])")) paintRow(row, canvases);
    }
  }

  /** @param {string} path */
  const sectionOf = (path) => /** @type {HTMLElement | null} */ (element.querySelector(`[data-path="${CSS.escape(path)}"]`));

  return {
    element,
    show(rows, key) {
      drawn.rows = new Map(every(rows).map((row) => [row.path, row]));
      if (key !== shown) {
        drawn.canvases.clear();
        element.replaceChildren(...rows.map((row) => section(row, drawn)));
        element.querySelector("details")?.setAttribute("open", "");
        shown = key;
      }
      paintOpen();
    },
    replace(row) {
      drawn.rows.set(row.path, row);
      sectionOf(row.path)?.querySelector(":scope > .body")?.replaceWith(body(row, drawn));
      paintOpen();
    },
    mark(path, map) {
      for (const old of element.querySelectorAll('[aria-pressed="true"]')) old.setAttribute("aria-pressed", "false");
      element.querySelector(".row.chosen")?.classList.remove("chosen");
      const found = sectionOf(path);
      const tiles = found?.querySelectorAll(":scope > .body .tile") ?? [];
      found?.classList.add("chosen");
      tiles[found?.querySelector(":scope > .body > .units") ? 0 : map]?.setAttribute("aria-pressed", "true");
      if (found?.closest("details:not([open])")) {
        for (let at = found.parentElement; at && at !== element; at = at.parentElement) {
          if (at instanceof HTMLDetailsElement) at.open = true;
        }
        paintOpen(); // now, for maps have their height when they are painted: who scrolls here must not be pushed away
      }
      return found;
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
 * @param {Drawn} drawn
 * @returns {HTMLElement}
 */
function section(row, drawn) {
  const name = row.path.split(".").at(-1) ?? row.path;
  return h(
    "section",
    { class: `row type-${row.type}`, "data-path": row.path, "aria-label": row.path },
    h("h3", {}, h("span", { class: "path" }, name), h("span", { class: "kind" }, row.type),
      h("span", { class: "shape" }, row.shape.join("×"))),
    row.branches ? inside(row, row.branches, drawn) : null,
    body(row, drawn),
  );
}

/**
 * @param {RowMaps} row
 * @param {RowMaps[][]} branches
 * @param {Drawn} drawn
 */
function inside(row, branches, drawn) {
  const sum = row.type === "Add";
  const title = (/** @type {number} */ i) => sum ? t(i ? "maps.shortcut" : "maps.body") : t("maps.branch", { number: i + 1 });
  const parts = branches.map((branch, i) =>
    h("div", { class: sum && i ? "branch shortcut" : "branch" },
      h("p", { class: "more" }, title(i)),
      branch.length ? branch.map((inner) => section(inner, drawn)) : h("p", { class: "same" }, t("maps.identity"))));
  const rows = branches.flatMap(every).length;
  return h("details", { on: { toggle: drawn.paint } },
    h("summary", {}, sum ? t("maps.inside.add", { rows }) : t("maps.inside", { branches: branches.length, rows })),
    h("div", { class: "branches" }, parts),
    h("p", { class: "more" }, t(sum ? "maps.sum" : "maps.stacked")));
}

/**
 * A row's own maps, and a way to those that are not shown.
 * @param {RowMaps} row
 * @param {Drawn} drawn
 */
function body(row, drawn) {
  const flat = isFlat(row);
  const canvases = Array.from({ length: flat ? 1 : row.shown }, () => document.createElement("canvas"));
  drawn.canvases.set(row.path, canvases);
  const left = row.shape[0] - row.shown;
  const { choose, whole } = drawn.told;
  const more = t("maps.more", { count: n(left) });
  return h("div", { class: "body" },
    h("div", { class: flat ? "units" : "maps" }, canvases.map((canvas, i) => tile(canvas, row, i, flat, choose))),
    left <= 0 ? null : whole
      ? h("button", { class: "more", "aria-label": `${row.path}: ${more}`, on: { click: () => whole(row) } }, more)
      : h("p", { class: "more" }, more));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {RowMaps} row
 * @param {number} i
 * @param {boolean} flat
 * @param {Told["choose"]} choose
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
    if (flat) choose(row, byKey ? 0 : Math.floor(x * row.shown), null);
    else choose(row, i, byKey ? null : [Math.floor(y * row.shape[1]), Math.floor(x * row.shape[2])]);
  };
  return h("button", { class: "tile", "aria-label": label, "aria-pressed": "false", title: label, on: { click } }, canvas);
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
  canvases.slice(0, row.shown).forEach((canvas, i) => paint(canvas, data, height, width, signed, i * height * width));
}
