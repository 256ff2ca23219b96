/** The feature maps of every row, in the table's order; branches stand beside each other, a shortcut beside its body. */

import { decodeBase64, diverging, paintMap } from "./canvas.js";
import { h, pointerPosition } from "./dom.js";
import { formatNumber, rowTypeName, t } from "./i18n.js";

/** @import { Pair, RowMaps } from "./types.d.ts" */
/**
 * @typedef {{
 *   onSelect?: (row: RowMaps, map: number, position: Pair | null) => void, onShowAll?: (row: RowMaps) => void,
 * }} Callbacks a unit is selected by its row, map and position (null from the keyboard); all maps of a row are requested
 * @typedef {{
 *   callbacks: Callbacks, rows: Map<string, RowMaps>, canvases: Map<string, HTMLCanvasElement[]>, paint: () => void,
 * }} Context
 */

/**
 * The rows are built once for a network (`key`) and only painted for the next picture. The rows inside a combinator are in
 * a disclosure; only the first one is open, so that a network of a hundred rows stays legible.
 * @param {Callbacks} [callbacks]
 * @returns {{
 *   element: HTMLElement, show: (rows: RowMaps[], key: string) => void, replace: (row: RowMaps) => void,
 *   select: (path: string, map: number) => HTMLElement | null,
 * }}
 */
export function featureMaps(callbacks = {}) {
  const element = h("div", { class: "rows" });
  /** @type {Context} */
  const context = { callbacks, rows: new Map(), canvases: new Map(), paint: paintOpen };
  let network = "";

  function paintOpen() {
    for (const [path, canvases] of context.canvases) {
      const row = context.rows.get(path);
      if (row && !canvases[0]?.closest("details:not([open])")) paintRow(row, canvases);
    }
  }

  /** @param {string} path */
  const sectionOf = (path) => /** @type {HTMLElement | null} */ (element.querySelector(`[data-path="${CSS.escape(path)}"]`));

  return {
    element,
    show(rows, key) {
      context.rows = new Map(flattenRows(rows).map((row) => [row.path, row]));
      if (key !== network) {
        context.canvases.clear();
        element.replaceChildren(...rows.map((row) => rowSection(row, context)));
        element.querySelector("details")?.setAttribute("open", "");
        network = key;
      }
      paintOpen();
    },
    replace(row) {
      context.rows.set(row.path, row);
      sectionOf(row.path)?.querySelector(":scope > .body")?.replaceWith(rowBody(row, context));
      paintOpen();
    },
    select(path, map) {
      for (const tile of element.querySelectorAll('[aria-pressed="true"]')) tile.setAttribute("aria-pressed", "false");
      element.querySelector(".row.selected")?.classList.remove("selected");
      const section = sectionOf(path);
      const tiles = section?.querySelectorAll(":scope > .body .tile") ?? [];
      section?.classList.add("selected");
      tiles[section?.querySelector(":scope > .body > .units") ? 0 : map]?.setAttribute("aria-pressed", "true");
      if (section?.closest("details:not([open])")) {
        for (let at = section.parentElement; at && at !== element; at = at.parentElement) {
          if (at instanceof HTMLDetailsElement) at.open = true;
        }
        paintOpen(); // now: painting sets the height of the maps, and a caller may scroll to them
      }
      return section;
    },
  };
}

/**
 * Every row, with those inside branches.
 * @param {RowMaps[]} rows
 * @returns {RowMaps[]}
 */
export const flattenRows = (rows) => rows.flatMap((row) => [...(row.branches ?? []).flatMap(flattenRows), row]);

/**
 * @param {RowMaps} row
 * @param {Context} context
 * @returns {HTMLElement}
 */
function rowSection(row, context) {
  const name = row.path.split(".").at(-1) ?? row.path;
  return h(
    "section",
    { class: "row", "data-path": row.path, "aria-label": row.path },
    h("h3", {}, h("span", {}, name), h("span", { class: "type" }, rowTypeName(row.type)),
      h("span", { class: "shape" }, row.shape.join("×"))),
    row.branches ? branchDetails(row, row.branches, context) : null,
    rowBody(row, context),
  );
}

/**
 * @param {RowMaps} row
 * @param {RowMaps[][]} branches
 * @param {Context} context
 */
function branchDetails(row, branches, context) {
  const isAdd = row.type === "Add";
  const title = (/** @type {number} */ i) => isAdd ? t(i ? "maps.shortcut" : "maps.body") : t("maps.branch", { number: i + 1 });
  const columns = branches.map((branch, i) =>
    h("div", { class: isAdd && i ? "branch shortcut" : "branch" },
      h("p", { class: "more" }, title(i)),
      branch.length ? branch.map((inner) => rowSection(inner, context)) : h("p", { class: "identity" }, t("maps.identity"))));
  const rows = branches.flatMap(flattenRows).length;
  return h("details", { on: { toggle: context.paint } },
    h("summary", {}, isAdd ? t("maps.inside.add", { rows }) : t("maps.inside", { branches: branches.length, rows })),
    h("div", { class: "branches" }, columns),
    h("p", { class: "more" }, t(isAdd ? "maps.sum" : "maps.concatenated")));
}

/**
 * The maps of a row, and a button for those that are not shown.
 * @param {RowMaps} row
 * @param {Context} context
 */
function rowBody(row, context) {
  const flat = isFlat(row);
  const canvases = Array.from({ length: flat ? 1 : row.shown }, () => document.createElement("canvas"));
  context.canvases.set(row.path, canvases);
  const hidden = row.shape[0] - row.shown;
  const { onSelect, onShowAll } = context.callbacks;
  const more = t("maps.more", { count: formatNumber(hidden) });
  return h("div", { class: "body" },
    h("div", { class: flat ? "units" : "maps" }, canvases.map((canvas, i) => tile(canvas, row, i, flat, onSelect))),
    hidden <= 0 ? null : onShowAll
      ? h("button", { class: "more", "aria-label": `${row.path}: ${more}`, on: { click: () => onShowAll(row) } }, more)
      : h("p", { class: "more" }, more));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {RowMaps} row
 * @param {number} i
 * @param {boolean} flat
 * @param {Callbacks["onSelect"]} onSelect
 */
function tile(canvas, row, i, flat, onSelect) {
  const label = flat ? t("maps.units", { path: row.path, count: row.shown }) : t("maps.map", { path: row.path, map: i });
  if (!onSelect) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    return canvas;
  }
  const click = (/** @type {MouseEvent} */ event) => {
    const [x, y] = pointerPosition(event, canvas);
    const fromKeyboard = event.detail === 0;
    if (flat) onSelect(row, fromKeyboard ? 0 : Math.floor(x * row.shown), null);
    else onSelect(row, i, fromKeyboard ? null : [Math.floor(y * row.shape[1]), Math.floor(x * row.shape[2])]);
  };
  return h("button", { class: "tile", "aria-label": label, "aria-pressed": "false", title: label, on: { click } }, canvas);
}

/** @param {RowMaps} row */
const isFlat = (row) => row.size[0] * row.size[1] === 1;

/**
 * @param {RowMaps} row
 * @param {HTMLCanvasElement[]} canvases
 */
function paintRow(row, canvases) {
  const data = decodeBase64(row.maps);
  if (isFlat(row)) return paintMap(canvases[0], data, [1, row.shown], diverging);
  const length = row.size[0] * row.size[1];
  canvases.slice(0, row.shown).forEach((canvas, i) => paintMap(canvas, data, row.size, diverging, i * length));
}
