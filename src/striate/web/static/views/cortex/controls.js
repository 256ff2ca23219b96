/** The controls of the experiment: the recorded unit, and the bar's contrast, width and position. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, rowTypeName, t } from "../../lib/i18n.js";

/** @import { CortexState } from "../../lib/types.d.ts" */

/**
 * @param {CortexState} experiment changes here
 * @param {() => void} onChange
 * @returns {{ element: HTMLElement, show: () => void }}
 */
export function experimentControls(experiment, onChange) {
  const rowSelect = h("select", { id: "row", on: { change: () => {
    experiment.path = rowSelect.value;
    Object.assign(experiment, { width: row().width, position: 0 });
    setUnit(null);
  } } });
  const unit = h("input", { type: "number", id: "unit", min: "0", step: "1", inputMode: "numeric", on: { change: () => {
    const index = Math.round(Number(unit.value));
    setUnit(Math.min(Math.max(index, 0), row().count - 1));
  } } });
  const mostSelective = h("button", { on: { click: () => setUnit(null) } }, t("cortex.most_selective"));
  const contrast = h("select", { id: "contrast", on: { change: () => {
    experiment.contrast = contrast.value === "dark" ? "dark" : "light";
    onChange();
  } } }, h("option", { value: "light" }, t("cortex.light")), h("option", { value: "dark" }, t("cortex.dark")));
  const width = pixelSlider("width");
  const position = pixelSlider("position");

  const row = () => experiment.rows.find((one) => one.path === experiment.path) ?? experiment.rows[0];

  /** @param {number | null} index null for the most selective one */
  function setUnit(index) {
    experiment.unit = index;
    onChange();
  }

  /** @param {"width" | "position"} name */
  function pixelSlider(name) {
    const output = h("output", { class: "number", htmlFor: name });
    const input = h("input", { type: "range", id: name, on: { input: () => {
      experiment[name] = Number(input.value);
      write();
      onChange();
    } } });
    const write = () =>
      (output.textContent = t("cortex.pixels", { count: formatNumber(experiment[name], { maximumFractionDigits: 2 }) }));
    return {
      element: h("div", { class: "slider" }, h("label", { htmlFor: name }, t(`cortex.${name}`)), output, input),
      show(/** @type {number} */ min, /** @type {number} */ max) {
        Object.assign(input, { min: String(min), max: String(max), step: "0.25", value: String(experiment[name]) });
        write();
      },
    };
  }

  let listed = "";
  return {
    element: h("div", { class: "stack" },
      h("label", { htmlFor: "row" }, t("cortex.row")), rowSelect,
      h("label", { htmlFor: "unit" }, t("cortex.unit")), h("div", { class: "toolbar" }, unit, mostSelective),
      h("label", { htmlFor: "contrast" }, t("cortex.contrast")), contrast,
      width.element, position.element, h("p", { class: "muted explanation" }, t("cortex.middle"))),
    show() {
      if (listed !== experiment.model) {
        listed = experiment.model;
        replaceChildren(rowSelect, experiment.rows.map((one) => h("option", { value: one.path },
          t("cortex.option", { path: one.path, type: rowTypeName(one.type), count: formatNumber(one.count) }))));
      }
      const { count, extent } = row();
      rowSelect.value = experiment.path;
      contrast.value = experiment.contrast;
      Object.assign(unit, { max: String(count - 1), value: String(experiment.unit ?? 0) });
      width.show(0.5, extent);
      position.show(-extent, extent); // so far that a bar leaves the field at every orientation
    },
  };
}
