/** The close-up of a row: all its maps as tiles that fill the width, or its units as buttons; one unit is selected. */

import { decodeBase64, diverging, textOn } from "../../lib/canvas.js";
import { colorBar } from "../../lib/color-bar.js";
import { h, replaceChildren, setText, svg } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { mapsOf, range } from "../../lib/network-geometry.js";
import { cellUnder, cellValue, gridSize, paintTiles, tileBox, wrapTiles } from "../../lib/tile-grid.js";
import { movedUnit } from "../network/keys.js";

/** @import { Pair, RowMaps, TileGrid } from "../../lib/types.d.ts" */

const FIRST_UNITS = 512; // buttons at first
const [SMALLEST, LARGEST] = [56, 240]; // sides of a tile, in CSS pixels

/**
 * @param {(unit: number[]) => void} onSelect
 * @returns {{
 *   element: HTMLElement, show: (row: RowMaps, classes: string[] | null) => void, select: (unit: number[]) => void, unmount: () => void,
 * }} `classes` name the units of the last row
 */
export function mapSheet(onSelect) {
  const canvas = h("canvas", {});
  const marks = ["halo", "box"].map((name) => svg("rect", { class: name }));
  const overlay = svg("svg", { "aria-hidden": "true" }, marks);
  const tiles = h("div", { class: "tiles", tabIndex: 0, role: "application" }, canvas, overlay);
  const units = h("div", { class: "units", role: "group" });
  const legend = colorBar();
  const value = h("p", { class: "number value" });
  const element = h("div", { class: "sheet" }, h("div", { class: "sheet-head" }, value, legend.element),
    h("div", { class: "sheet-body" }, tiles, units));
  /** @type {{ row: RowMaps, bytes: Uint8Array, classes: string[] | null } | null} */
  let shown = null;
  /** @type {TileGrid} */
  let grid = { shown: 0, columns: 1, lines: 0, tile: [1, 1], gap: 0 };
  /** @type {number[]} */
  let selected = [0, 0, 0];
  let isWhole = false;

  /** @type {() => Pair} */
  const size = () => {
    const [, height, width] = mapsOf(shown?.row.shape ?? [1]);
    return [height, width];
  };

  const paint = () => {
    if (!shown || isUnits(shown.row)) return;
    const { width } = element.getBoundingClientRect();
    if (!width) return;
    grid = wrapTiles(shown.row.shown, size(), { width: width - 2, smallest: SMALLEST, largest: LARGEST });
    const [tall, wide] = gridSize(grid);
    Object.assign(tiles.style, { width: `${wide}px`, height: `${tall}px` });
    tiles.dataset.columns = String(grid.columns);
    overlay.setAttribute("width", String(wide));
    overlay.setAttribute("height", String(tall));
    shown.bytes = paintTiles(canvas, grid, shown.row);
    mark();
  };

  /** Mark the selected cell. */
  function mark() {
    const [map, i = 0, j = 0] = selected;
    for (const button of /** @type {HTMLElement[]} */ ([...units.children])) {
      if (button.dataset.unit) button.setAttribute("aria-pressed", String(Number(button.dataset.unit) === map));
    }
    const [height, width] = size();
    const tile = tileBox(grid, map);
    const [tall, wide] = [tile.height / height, tile.width / width];
    for (const rect of marks) {
      const box = { x: tile.left + j * wide, y: tile.top + i * tall, width: wide, height: tall };
      for (const [name, number] of Object.entries(box)) rect.setAttribute(name, String(number));
    }
  }

  /** @param {number[]} unit */
  function valueOf([map, i = 0, j = 0]) {
    return shown ? cellValue(shown.row, shown.bytes, map, i, j) : "";
  }

  /** Write the value of a unit above the maps. @param {number[]} unit */
  function tell(unit) {
    if (!shown) return;
    const { path } = shown.row;
    const [map, row, column] = unit;
    setText(value, isUnits(shown.row) ? t("network.value.unit", { path, unit: shown.classes?.[map] ?? map, value: valueOf(unit) })
      : t("network.value", { path, map, row, column, value: valueOf(unit) }));
  }

  function showUnits() {
    if (!shown) return;
    const { row, bytes, classes } = shown;
    const count = isWhole ? row.shown : Math.min(row.shown, FIRST_UNITS);
    replaceChildren(units,
      Array.from({ length: count }, (_, unit) => {
        const color = diverging(bytes[unit]);
        const button = h("button", { "data-unit": unit, "aria-pressed": "false", title: `${classes?.[unit] ?? unit}: ${valueOf([unit])}`,
          on: { click: () => onSelect([unit]) } }, classes ? `${classes[unit]}` : String(unit));
        Object.assign(button.style, { background: `rgb(${color.join(" ")})`, color: textOn(color) });
        return button;
      }),
      count < row.shown && h("button", { class: "more", on: { click: () => {
        isWhole = true;
        showUnits();
      } } }, t("maps.more", { count: formatNumber(row.shape[0] - count) })));
    mark();
  }

  /** @param {MouseEvent} event */
  const unitUnder = (event) => {
    const box = canvas.getBoundingClientRect();
    return cellUnder(grid, size(), event.clientX - box.left, event.clientY - box.top);
  };
  tiles.addEventListener("pointermove", (event) => tell(unitUnder(event) ?? selected));
  tiles.addEventListener("pointerleave", () => tell(selected));
  tiles.addEventListener("click", (event) => {
    const unit = unitUnder(event);
    if (unit) onSelect(unit);
  });
  tiles.addEventListener("keydown", (event) => {
    const next = shown && movedUnit(event.key, selected, mapsOf(shown.row.shape), range(0, grid.shown), grid.columns);
    if (!next) return;
    event.preventDefault();
    onSelect(next);
  });
  units.addEventListener("pointerover", ({ target }) => {
    const unit = target instanceof HTMLElement ? target.dataset.unit : undefined;
    tell(unit === undefined ? selected : [Number(unit)]);
  });
  units.addEventListener("pointerleave", () => tell(selected));
  const resized = new ResizeObserver(paint);
  resized.observe(element);

  return {
    element,
    show(row, classes) {
      if (row.path !== shown?.row.path) isWhole = false;
      shown = { row, bytes: decodeBase64(row.maps), classes };
      legend.show(row.scale);
      tiles.hidden = isUnits(row);
      units.hidden = !tiles.hidden;
      const [count, height, width] = mapsOf(row.shape);
      const label = { path: row.path, count: formatNumber(count), size: `${height}×${width}` };
      tiles.setAttribute("aria-label", t("network.maps.keys", label));
      units.setAttribute("aria-label", t("maps.units", label));
      if (isUnits(row)) showUnits();
      else paint();
      tell(selected);
    },
    select(unit) {
      selected = unit;
      mark();
      tell(unit);
    },
    unmount: () => resized.disconnect(),
  };
}

/** @param {RowMaps} row */
const isUnits = ({ shape }) => (shape[1] ?? 1) * (shape[2] ?? 1) === 1;
