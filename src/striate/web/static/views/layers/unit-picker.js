/** The selection of a unit: its row in a list, its map and position as numbers. */

import { h, replaceChildren } from "../../lib/dom.js";
import { rowTypeName, t } from "../../lib/i18n.js";

/** @import { RowName } from "../../lib/types.d.ts" */

/**
 * @param {{ onRow: (path: string) => void, onUnit: (unit: number[]) => void, onStrongest: () => void }} callbacks
 * @returns {{
 *   element: HTMLElement, setRows: (rows: RowName[]) => void, show: (path: string, unit: number[], shape: number[]) => void,
 * }}
 */
export function unitPicker({ onRow, onUnit, onStrongest }) {
  const select = h("select", { id: "layers-row", on: { change: () => onRow(select.value) } });
  const step = (/** @type {number} */ by) => {
    const option = select.options[select.selectedIndex + by];
    if (option) onRow(option.value);
  };
  const previous = h("button", { "aria-label": t("layers.previous"), title: t("layers.previous"), on: { click: () => step(-1) } }, "‹");
  const next = h("button", { "aria-label": t("layers.next"), title: t("layers.next"), on: { click: () => step(1) } }, "›");
  const numbers = h("div", { class: "toolbar" });
  const inputs = () => [...numbers.querySelectorAll("input")];
  let builtFor = "";

  /** @param {number[]} shape */
  function buildInputs(shape) {
    const names = shape.length === 3 ? [t("layers.map"), t("layers.map_row"), t("layers.column")] : [t("layers.unit")];
    replaceChildren(numbers, names.map((name, axis) =>
      h("label", { class: "choice" }, h("span", {}, name),
        h("input", { type: "number", min: "0", max: String(shape[axis] - 1), step: "1", class: "index", on: { input: changed } }))),
      h("button", { on: { click: onStrongest }, title: t("layers.strongest.why") }, t("layers.strongest")));
  }

  function changed() {
    const isValid = (/** @type {HTMLInputElement} */ input) => input.validity.valid && input.value !== "";
    for (const input of inputs()) input.setAttribute("aria-invalid", String(!isValid(input)));
    if (inputs().every(isValid)) onUnit(inputs().map((input) => Number(input.value)));
  }

  return {
    element: h("div", { class: "picker" },
      h("div", { class: "toolbar" },
        h("label", { class: "choice wide", htmlFor: "layers-row" }, h("span", {}, t("layers.row")), select), previous, next),
      numbers),
    setRows(rows) {
      replaceChildren(select, rows.map((row) =>
        h("option", { value: row.path }, `${row.path} · ${rowTypeName(row.type)} ${row.shape.join("×")}`)));
    },
    show(path, unit, shape) {
      select.value = path;
      previous.disabled = select.selectedIndex <= 0;
      next.disabled = select.selectedIndex >= select.options.length - 1;
      if (builtFor !== shape.join()) buildInputs(shape);
      builtFor = shape.join();
      inputs().forEach((input, axis) => {
        if (Number(input.value) !== unit[axis] || input.value === "") input.value = String(unit[axis]);
        input.setAttribute("aria-invalid", "false");
      });
    },
  };
}
