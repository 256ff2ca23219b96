/** The five sliders of Stress: each with its amount, and a button that brings it back. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";

/** @typedef {import("../../lib/language.js").Key} Key */
/** @typedef {{ least: number, most: number, step: number, neutral: number }} Range */

const ORDER = ["shift", "scale", "rotation", "thickness", "noise"];

/** @param {string} name @returns {string} what a change is called */
export const called = (name) => t(/** @type {Key} */ (`stress.name.${name}`));

/**
 * An amount with its unit.
 * @param {string} name
 * @param {number} amount
 * @returns {string}
 */
export const written = (name, amount) =>
  t(/** @type {Key} */ (`stress.amount.${name}`), { amount: n(amount, { maximumFractionDigits: 2 }) });

/**
 * Sliders for `amounts`, which they change.
 * @param {Record<string, number>} amounts
 * @param {(name: string) => void} moved one has another amount, or got the focus
 */
export function sliders(amounts, moved) {
  const element = h("div", { class: "sliders" });
  /** @type {Record<string, Range>} */
  let ranges = {};
  /** @type {Record<string, HTMLInputElement>} */
  let inputs = {};

  /** @param {string} name @param {number} amount */
  function set(name, amount) {
    amounts[name] = Number(amount.toFixed(6));
    inputs[name].value = String(amounts[name]);
    tell(name);
  }

  /** @param {string} name */
  function tell(name) {
    const text = written(name, amounts[name]);
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
        tell(name);
        moved(name);
      },
      focus: () => moved(name),
    } });
    inputs[name] = input;
    const said = t("stress.back", { name: called(name) });
    const back = h("button", { class: "back", "aria-label": said, title: said, on: { click: () => {
      set(name, neutral);
      moved(name);
    } } }, "↺");
    return h("div", { class: "slider", "data-change": name },
      h("label", { htmlFor: id }, called(name)), h("output", { class: "number", htmlFor: id }), back, input);
  }

  return {
    element,
    set,
    /** @param {string} name @returns {Range} */
    range: (name) => ranges[name],
    /** Sliders anew, for another network; amounts that they cannot have go to the end. @param {Record<string, Range>} found */
    build(found) {
      ranges = found;
      inputs = {};
      fill(element, ORDER.map(slider));
      for (const name of ORDER) {
        const { least, most, neutral } = ranges[name];
        set(name, Math.min(most, Math.max(least, amounts[name] ?? neutral)));
      }
    },
    /** All where nothing is changed. */
    reset: () => ORDER.forEach((name) => set(name, ranges[name].neutral)),
    /** Show which one the curve is of. @param {string} name */
    mark(name) {
      for (const row of element.children) row.classList.toggle("current", row.getAttribute("data-change") === name);
    },
  };
}
