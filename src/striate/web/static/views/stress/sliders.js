/** The sliders of the five changes, each with its amount and a button that resets it. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { SliderRange, StringKey } from "../../lib/types.d.ts" */

const ORDER = ["shift", "scale", "rotation", "thickness", "noise"];

/** @param {string} change */
export const changeName = (change) => t(/** @type {StringKey} */ (`stress.name.${change}`));

/**
 * An amount with its unit.
 * @param {string} change
 * @param {number} amount
 */
export const formatAmount = (change, amount) =>
  t(/** @type {StringKey} */ (`stress.amount.${change}`), { amount: formatNumber(amount, { maximumFractionDigits: 2 }) });

/**
 * @param {Record<string, number>} amounts change here
 * @param {(name: string) => void} onMove a slider was moved or focused
 */
export function changeSliders(amounts, onMove) {
  const element = h("div", { class: "sliders" });
  /** @type {Record<string, SliderRange>} */
  let ranges = {};
  /** @type {Record<string, HTMLInputElement>} */
  let inputs = {};

  /** @param {string} name @param {number} amount */
  function set(name, amount) {
    amounts[name] = Number(amount.toFixed(6));
    inputs[name].value = String(amounts[name]);
    showAmount(name);
  }

  /** @param {string} name */
  function showAmount(name) {
    const text = formatAmount(name, amounts[name]);
    const output = inputs[name].closest(".slider")?.querySelector("output");
    if (output) output.textContent = text;
    inputs[name].setAttribute("aria-valuetext", text);
  }

  /** @param {string} name */
  function slider(name) {
    const { least, most, step, neutral } = ranges[name];
    const id = `stress-${name}`;
    const input = h("input", { type: "range", id, min: String(least), max: String(most), step: String(step), on: {
      input: () => {
        amounts[name] = Number(input.value);
        showAmount(name);
        onMove(name);
      },
      focus: () => onMove(name),
    } });
    inputs[name] = input;
    const label = t("stress.reset.one", { name: changeName(name) });
    const reset = h("button", { class: "reset", "aria-label": label, title: label, on: { click: () => {
      set(name, neutral);
      onMove(name);
    } } }, "↺");
    return h("div", { class: "slider", "data-change": name },
      h("label", { htmlFor: id }, changeName(name)), h("output", { class: "number", htmlFor: id }), reset, input);
  }

  return {
    element,
    set,
    /** @param {string} name @returns {SliderRange} */
    range: (name) => ranges[name],
    /** Build the sliders for a network; an amount outside its range moves to the end. @param {Record<string, SliderRange>} sliders */
    build(sliders) {
      ranges = sliders;
      inputs = {};
      replaceChildren(element, ORDER.map(slider));
      for (const name of ORDER) {
        const { least, most, neutral } = ranges[name];
        set(name, Math.min(most, Math.max(least, amounts[name] ?? neutral)));
      }
    },
    reset: () => ORDER.forEach((name) => set(name, ranges[name].neutral)),
    /** Mark the slider whose curve is shown. @param {string} name */
    select(name) {
      for (const row of element.children) row.classList.toggle("current", row.getAttribute("data-change") === name);
    },
  };
}
