/** The items of a network as elements: columns of maps, groups that are unfolded, lanes that meet in a bar or a plus. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { itemWords, mapColumn } from "./column.js";

/** @import { DiagramItem } from "../../lib/types.d.ts" */
/** @import { Column, Space } from "./column.js" */

export const HEAD = 60; // of a column
const [GROUP_HEAD, ARC, LANE_GAP] = [32, 34, 8];
export const SMALLEST = 30; // of a tile, in CSS pixels
const SHORTCUT = 0.34; // of the height of a unit, if there are rows in its shortcut

/**
 * @param {DiagramItem[]} items the last one is the network's last
 * @param {number} towers
 * @param {(id: string) => void} onToggle
 * @returns {{ elements: HTMLElement[], columns: Map<string, Column>, joins: Map<string, HTMLElement> }} columns and
 *   places where branches meet, by the path of their row
 */
export function buildItems(items, towers, onToggle) {
  /** @type {Map<string, Column>} */
  const columns = new Map();
  /** @type {Map<string, HTMLElement>} */
  const joins = new Map();
  const last = items[items.length - 1].row;

  /** The name of an item, with which it is folded and unfolded. @param {DiagramItem} item */
  function nameOf(item) {
    const name = item.kind === "stage" ? item.name : item.row.path.split(".").slice(-1)[0];
    if (item.kind === "row") return h("b", {}, name);
    const isOpen = isUnfolded(item);
    return h("button", { class: "fold", "aria-expanded": String(isOpen), "data-fold": item.id, on: { click: () => onToggle(item.id) },
      title: t(isOpen ? "network.fold" : "network.unfold", { name }) },
    h("span", { class: "sign", "aria-hidden": "true" }, isOpen ? "−" : "+"), name);
  }

  /** @param {DiagramItem} item */
  function columnOf(item) {
    const title = item.kind === "module" && item.lanes ? h("b", {}, t("network.output")) : nameOf(item);
    const isLast = item.row === last;
    const column = mapColumn(item.row, { isLast, towers: isLast ? 1 : towers, title, words: itemWords(item) });
    column.element.classList.toggle("stacked", item.kind !== "row" && !isUnfolded(item));
    columns.set(item.row.path, column);
    return column.element;
  }

  /** @type {(item: DiagramItem, name: string, ...inside: (HTMLElement | null)[]) => HTMLElement} */
  const group = (item, name, ...inside) => h("section", { class: `group ${name}`, "aria-label": item.id },
    h("header", {}, nameOf(item), h("span", { class: "sub" }, itemWords(item))), h("div", { class: "chain" }, inside));

  /** @type {(item: DiagramItem) => HTMLElement} */
  function build(item) {
    if (item.kind === "stage" && item.items) return group(item, "stage", ...item.items.map(build));
    if (item.kind !== "module" || !item.lanes) return columnOf(item);
    const isAdd = item.row.type === "Add";
    const join = isAdd ? h("div", { class: "join plus", title: t("maps.sum") }, "+")
      : h("div", { class: "join bar", title: t("maps.concatenated") }, item.lanes.map((lane) => part(lane[lane.length - 1].row.shape[0])));
    joins.set(item.row.path, join);
    const lanes = item.lanes.map((lane, i) => lane.length
      ? h("div", { class: isAdd && i ? "lane shortcut" : "lane" }, h("div", { class: "chain" }, lane.map(build))) : null);
    return group(item, isAdd ? "add" : "concat", h("div", { class: "lanes" }, lanes), join, columnOf(item));
  }

  return { elements: items.map(build), columns, joins };
}

/** The part of a bar for the maps of one branch. @param {number} maps */
function part(maps) {
  const element = h("span", {}, String(maps));
  element.style.flexGrow = String(maps);
  return element;
}

/** @param {DiagramItem} item */
const isUnfolded = (item) => (item.kind === "stage" ? item.items !== null : item.kind === "module" && item.lanes !== null);

/**
 * Set the sizes of an item's tiles for the space that it has.
 * @param {Map<string, Column>} columns
 * @param {DiagramItem} item
 * @param {Space} space
 */
export function fitItem(columns, item, space) {
  const column = columns.get(item.row.path);
  const inside = space.height - GROUP_HEAD * space.unit;
  if (item.kind === "stage" && item.items) {
    for (const inner of item.items) fitItem(columns, inner, { ...space, height: inside });
  } else if (item.kind === "module" && item.lanes) {
    const lanes = item.lanes.filter((lane) => lane.length);
    const isAdd = item.row.type === "Add";
    const free = inside - (isAdd ? ARC : 0) - (lanes.length - 1) * LANE_GAP;
    const width = space.narrow ? (space.width - 24) / lanes.length - 8 : 2.4 * space.width;
    lanes.forEach((lane, i) => {
      const share = isAdd && lanes.length === 2 ? [1 - SHORTCUT, SHORTCUT][i] : 1 / lanes.length;
      for (const inner of lane) fitItem(columns, inner, { ...space, height: share * free, width, isLane: true, smallest: SMALLEST });
    });
    column?.fit({ ...space, height: inside - HEAD * space.unit });
  } else {
    column?.fit({ ...space, height: space.height - HEAD * space.unit });
  }
}
