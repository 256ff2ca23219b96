/** The connections of a convolution, as those of LeNet-5's C3: which input maps each of its maps is connected to. */

import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { getAt } from "./edit.js";

/** @import { Place, Reports, Spot, TableActions } from "../../lib/types.d.ts" */

const MAX_CHECKBOXES = 1024;

/**
 * Checkboxes, a column for each map and a line for each input map; or a button that starts with all connections.
 * @param {Spot} spot
 * @param {TableActions} actions
 * @returns {{ element: HTMLElement, update: (reports: Reports) => void }}
 */
export function connectionsField(spot, actions) {
  const field = () => [...spot.place, "connections"];
  const element = h("fieldset", { class: "connections" });
  let built = "";
  /** @type {(connections: number[][]) => void} */
  let show = () => {};
  return {
    element,
    update(reports) {
      const report = reports.report(spot.place);
      const inputs = report?.input.length === 3 ? report.input[0] : 0;
      if (!report || inputs * report.output[0] > MAX_CHECKBOXES) return;
      const maps = report.output[0];
      const connections = /** @type {number[][] | undefined} */ (getAt(reports.table, field()));
      const key = `${Boolean(connections)} ${inputs} ${maps}`;
      if (key !== built && connections) {
        const boxes = checkboxes(connections, inputs, field, actions);
        ({ show } = boxes);
        replaceChildren(element, ...boxes.content);
      } else if (key !== built) {
        replaceChildren(element, startButton(inputs, maps, field, actions));
      }
      built = key;
      if (connections) show(connections);
      const legend = element.querySelector("legend");
      const pairs = formatNumber((connections ?? []).flat().length);
      if (legend) setText(legend, t("table.connections", { pairs, all: formatNumber(inputs * maps) }));
    },
  };
}

/**
 * @param {number[][]} connections for each map the numbers of its input maps
 * @param {number} inputs
 * @param {() => Place} field
 * @param {TableActions} actions
 * @returns {{ content: HTMLElement[], show: (connections: number[][]) => void }}
 */
function checkboxes(connections, inputs, field, actions) {
  let sets = connections.map((list) => new Set(list));
  const toggle = (/** @type {number} */ map, /** @type {number} */ input) => {
    if (!sets[map].delete(input)) sets[map].add(input);
    actions.edit(field(), sets.map((set) => [...set].sort((a, b) => a - b)));
  };
  const boxes = Array.from({ length: inputs }, (_, input) => sets.map((set, map) => h("input", {
    type: "checkbox", checked: set.has(input), "aria-label": t("table.connections.pair", { map, input }),
    title: t("table.connections.pair", { map, input }), on: { change: () => toggle(map, input) } })));
  const grid = h("div", { class: "grid" }, boxes.flat());
  grid.style.gridTemplateColumns = `repeat(${connections.length}, 1.25rem)`;
  return {
    content: [h("legend", {}), grid, h("button", { on: { click: () => actions.set(field(), undefined) } }, t("table.connections.all"))],
    show(present) {
      sets = present.map((list) => new Set(list));
      boxes.forEach((line, input) => line.forEach((box, map) => (box.checked = sets[map].has(input))));
    },
  };
}

/**
 * @param {number} inputs
 * @param {number} maps
 * @param {() => Place} field
 * @param {TableActions} actions
 */
function startButton(inputs, maps, field, actions) {
  const all = Array.from({ length: maps }, () => Array.from({ length: inputs }, (_, input) => input));
  return h("button", { on: { click: () => actions.set(field(), all) } }, t("table.connections.choose"));
}
