/** The connections of a convolution, as those of LeNet-5's C3: which input maps each of its maps is connected to. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { getAt } from "./edit.js";

/** @import { Place, RowContext, TableActions } from "../../lib/types.d.ts" */

const MAX_CHECKBOXES = 1024;

/**
 * Checkboxes, a column for each map and a line for each input map; or a button that starts with all connections.
 * @param {Place} place
 * @param {RowContext} context
 * @returns {HTMLElement}
 */
export function connectionsField(place, { actions, updates }) {
  const field = [...place, "connections"];
  const element = h("fieldset", { class: "connections" });
  let built = "";
  updates.push((reports) => {
    const report = reports.report(place);
    const inputs = report?.input.length === 3 ? report.input[0] : 0;
    if (!report || inputs * report.output[0] > MAX_CHECKBOXES) return;
    const maps = report.output[0];
    const connections = /** @type {number[][] | undefined} */ (getAt(reports.table, field));
    const key = `${Boolean(connections)} ${inputs} ${maps}`;
    if (key !== built) {
      const content = connections ? checkboxes(connections, inputs, field, actions) : [startButton(inputs, maps, field, actions)];
      replaceChildren(element, ...content);
    }
    built = key;
    const legend = element.querySelector("legend");
    const pairs = formatNumber((connections ?? []).flat().length);
    if (legend) legend.textContent = t("table.connections", { pairs, all: formatNumber(inputs * maps) });
  });
  return element;
}

/**
 * @param {number[][]} connections for each map the numbers of its input maps
 * @param {number} inputs
 * @param {Place} field
 * @param {TableActions} actions
 */
function checkboxes(connections, inputs, field, actions) {
  const sets = connections.map((list) => new Set(list));
  const toggle = (/** @type {number} */ map, /** @type {number} */ input) => {
    if (!sets[map].delete(input)) sets[map].add(input);
    actions.edit(field, sets.map((set) => [...set].sort((a, b) => a - b)));
  };
  const boxes = Array.from({ length: inputs }, (_, input) => sets.map((set, map) => h("input", {
    type: "checkbox", checked: set.has(input), "aria-label": t("table.connections.pair", { map, input }),
    title: t("table.connections.pair", { map, input }), on: { change: () => toggle(map, input) } })));
  const grid = h("div", { class: "grid" }, boxes.flat());
  grid.style.gridTemplateColumns = `repeat(${connections.length}, 1.25rem)`;
  return [h("legend", {}), grid, h("button", { on: { click: () => actions.set(field, undefined) } }, t("table.connections.all"))];
}

/**
 * @param {number} inputs
 * @param {number} maps
 * @param {Place} field
 * @param {TableActions} actions
 */
function startButton(inputs, maps, field, actions) {
  const all = Array.from({ length: maps }, () => Array.from({ length: inputs }, (_, input) => input));
  return h("button", { on: { click: () => actions.set(field, all) } }, t("table.connections.choose"));
}
