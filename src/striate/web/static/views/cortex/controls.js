/** Where the electrode stands, and what the bar is like. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";

/** @typedef {import("../cortex.js").Experiment} Experiment */

/**
 * @param {Experiment} experiment is changed by what a person chooses
 * @param {() => void} changed
 * @returns {{ element: HTMLElement, show: () => void }}
 */
export function controls(experiment, changed) {
  const row = h("select", { id: "row", on: { change: () => place(row.value) } });
  const unit = h("input", { type: "number", id: "unit", min: "0", step: "1", inputMode: "numeric", on: { change: () => {
    const wanted = Math.round(Number(unit.value));
    other(Math.min(Math.max(wanted, 0), of().count - 1));
  } } });
  const clearest = h("button", { on: { click: () => other(null) } }, t("cortex.clearest"));
  const contrast = h("select", { id: "contrast", on: { change: () => {
    experiment.contrast = contrast.value === "dark" ? "dark" : "light";
    changed();
  } } }, h("option", { value: "light" }, t("cortex.light")), h("option", { value: "dark" }, t("cortex.dark")));
  const width = range("width");
  const position = range("position");

  const of = () => experiment.rows.find((one) => one.path === experiment.path) ?? experiment.rows[0];

  /** @param {number | null} index */
  function other(index) {
    experiment.unit = index;
    experiment.seen.clear();
    changed();
  }

  /** @param {string} path */
  function place(path) {
    experiment.path = path;
    Object.assign(experiment, { width: of().width, position: 0 });
    other(null);
  }

  /** @param {"width" | "position"} name */
  function range(name) {
    const told = h("output", { class: "number", htmlFor: name });
    const input = h("input", { type: "range", id: name, on: { input: () => {
      experiment[name] = Number(input.value);
      write();
      changed();
    } } });
    const write = () => (told.textContent = t("cortex.pixels", { count: n(experiment[name], { maximumFractionDigits: 2 }) }));
    return {
      element: h("div", { class: "slide" }, h("label", { htmlFor: name }, t(`cortex.${name}`)), told, input),
      show(/** @type {number} */ least, /** @type {number} */ most) {
        Object.assign(input, { min: String(least), max: String(most), step: "0.25", value: String(experiment[name]) });
        write();
      },
    };
  }

  let listed = "";
  return {
    element: h("div", { class: "stack" },
      h("label", { htmlFor: "row" }, t("cortex.row")), row,
      h("label", { htmlFor: "unit" }, t("cortex.unit")), h("div", { class: "tools" }, unit, clearest),
      h("label", { htmlFor: "contrast" }, t("cortex.contrast")), contrast,
      width.element, position.element, h("p", { class: "quiet" }, t("cortex.middle"))),
    show() {
      if (listed !== experiment.model) {
        listed = experiment.model;
        fill(row, experiment.rows.map((one) =>
          h("option", { value: one.path }, t("cortex.option", { path: one.path, type: one.type, count: one.count }))));
      }
      const { count, extent } = of();
      row.value = experiment.path;
      contrast.value = experiment.contrast;
      Object.assign(unit, { max: String(count - 1), value: String(experiment.unit ?? 0) });
      width.show(0.5, extent);
      position.show(-extent / 2, extent / 2);
    },
  };
}
