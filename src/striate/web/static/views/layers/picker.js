/** Which unit: its row, its map and place, by lists and numbers; arrow keys go through them. */

import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";

/** @typedef {{ path: string, type: string, shape: number[] }} RowName */

/**
 * @param {{ row: (path: string) => void, unit: (unit: number[]) => void, strongest: () => void }} told
 * @returns {{ element: HTMLElement, rows: (rows: RowName[]) => void, show: (path: string, unit: number[], shape: number[]) => void }}
 */
export function picker(told) {
  const select = h("select", { id: "layers-row", on: { change: () => told.row(select.value) } });
  const step = (/** @type {number} */ by) => {
    const option = select.options[select.selectedIndex + by];
    if (option) told.row(option.value);
  };
  const previous = h("button", { "aria-label": t("layers.previous"), title: t("layers.previous"), on: { click: () => step(-1) } }, "‹");
  const next = h("button", { "aria-label": t("layers.next"), title: t("layers.next"), on: { click: () => step(1) } }, "›");
  const numbers = h("div", { class: "tools" });
  let kind = "";

  /** @param {number[]} shape */
  function inputs(shape) {
    const names = shape.length === 3 ? [t("layers.map"), t("layers.line"), t("layers.column")] : [t("layers.unit")];
    fill(numbers, names.map((name, axis) =>
      h("label", { class: "choice" }, h("span", {}, name),
        h("input", { type: "number", min: "0", max: String(shape[axis] - 1), step: "1", class: "count", on: { input: typed } }))),
      h("button", { on: { click: told.strongest }, title: t("layers.strongest.why") }, t("layers.strongest")));
  }

  function typed() {
    const all = [...numbers.querySelectorAll("input")];
    for (const one of all) one.setAttribute("aria-invalid", String(!one.validity.valid || one.value === ""));
    if (all.every((one) => one.validity.valid && one.value !== "")) told.unit(all.map((one) => Number(one.value)));
  }

  return {
    element: h("div", { class: "picker" },
      h("div", { class: "tools" },
        h("label", { class: "choice wide", htmlFor: "layers-row" }, h("span", {}, t("layers.row")), select), previous, next),
      numbers),
    rows(rows) {
      fill(select, rows.map((row) => h("option", { value: row.path }, `${row.path} · ${row.type} ${row.shape.join("×")}`)));
    },
    show(path, unit, shape) {
      select.value = path;
      previous.disabled = select.selectedIndex <= 0;
      next.disabled = select.selectedIndex >= select.options.length - 1;
      if (kind !== shape.join()) inputs(shape);
      kind = shape.join();
      numbers.querySelectorAll("input").forEach((one, axis) => {
        if (Number(one.value) !== unit[axis] || one.value === "") one.value = String(unit[axis]);
        one.setAttribute("aria-invalid", "false");
      });
    },
  };
}
