/** Which maps of the row before each map of a convolution sees: LeNet-5's C3 as a field of boxes to tick. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { at } from "./edit.js";

/** @typedef {import("./edit.js").Place} Place */

const MOST = 1024; // boxes

/**
 * The field of boxes, a column for each map, a line for each map that it may see; or what begins one.
 * @param {Place} place
 * @param {import("./rows.js").Context} context
 * @returns {HTMLElement}
 */
export function connections(place, { act, updates }) {
  const own = [...place, "connections"];
  const box = h("fieldset", { class: "connections" });
  let drawn = "";
  updates.push((now) => {
    const told = now.told(place);
    const inputs = told?.input.length === 3 ? told.input[0] : 0;
    if (!told || inputs * told.output[0] > MOST) return;
    const lists = /** @type {number[][] | undefined} */ (at(now.table, own));
    const key = `${Boolean(lists)} ${inputs} ${told.output[0]}`;
    if (key !== drawn) fill(box, ...(lists ? field(lists, inputs, own, act) : [beginning(inputs, told.output[0], own, act)]));
    drawn = key;
    const legend = box.querySelector("legend");
    const all = inputs * told.output[0];
    if (legend) legend.textContent = t("table.connections", { pairs: n((lists ?? []).flat().length), all: n(all) });
  });
  return box;
}

/**
 * @param {number[][]} lists
 * @param {number} inputs
 * @param {Place} own
 * @param {import("./rows.js").Act} act
 */
function field(lists, inputs, own, act) {
  const sees = lists.map((list) => new Set(list));
  const tick = (/** @type {number} */ map, /** @type {number} */ input) => {
    if (!sees[map].delete(input)) sees[map].add(input);
    act.edit(own, sees.map((one) => [...one].sort((a, b) => a - b)));
  };
  const boxes = Array.from({ length: inputs }, (_, input) => sees.map((one, map) => h("input", {
    type: "checkbox", checked: one.has(input), "aria-label": t("table.connections.pair", { map, input }),
    title: t("table.connections.pair", { map, input }), on: { change: () => tick(map, input) } })));
  const grid = h("div", { class: "grid" }, boxes.flat());
  grid.style.gridTemplateColumns = `repeat(${lists.length}, 1.25rem)`;
  return [h("legend", {}), grid, h("button", { on: { click: () => act.set(own, undefined) } }, t("table.connections.all"))];
}

/**
 * @param {number} inputs
 * @param {number} maps
 * @param {Place} own
 * @param {import("./rows.js").Act} act
 */
function beginning(inputs, maps, own, act) {
  const all = Array.from({ length: maps }, () => Array.from({ length: inputs }, (_, input) => input));
  return h("button", { on: { click: () => act.set(own, all) } }, t("table.connections.choose"));
}
