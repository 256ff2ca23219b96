/** The controls that instruments share: a slider with its value, a row of choices, a field of numbers. */

import { h } from "../../lib/dom.js";

/** @import { EventOf } from "../../lib/types.d.ts" */

/**
 * A slider with its name and its value.
 * @param {{ id: string, label: string, format: (value: number) => string, onInput: (value: number) => void }} options
 */
export function slider({ id, label, format, onInput }) {
  const output = h("output", { class: "number", htmlFor: id });
  const input = h("input", { type: "range", id, on: { input: () => {
    write();
    onInput(Number(input.value));
  } } });
  const write = () => {
    output.textContent = format(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  return {
    element: h("div", { class: "slider" }, h("label", { htmlFor: id }, label), output, input),
    input,
    /** @param {number} value @param {{ min: number, max: number, step: number }} range */
    show(value, { min, max, step }) {
      Object.assign(input, { min: String(min), max: String(max), step: String(step), value: String(value) });
      write();
    },
  };
}

/**
 * Buttons of which one is pressed.
 * @template {string} T
 * @param {{ label: string, choices: [value: T, text: string][], onChoose: (value: T) => void }} options
 */
export function segments({ label, choices, onChoose }) {
  const buttons = choices.map(([value, text]) =>
    h("button", { type: "button", value, "aria-pressed": "false", on: { click: () => onChoose(value) } }, text));
  return {
    element: h("div", { class: "segments", role: "group", "aria-label": label }, buttons),
    /** @param {T} value */
    show(value) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === value));
    },
  };
}

/**
 * A field of numbers: of one row, separated by commas; of several, a line for each.
 * @param {{ id: string, label: string, read: (text: string) => number[][] | null, onInput: (rows: number[][]) => void }} options
 * `read` gets the rows as an address has them
 */
export function numbersField({ id, label, read, onInput }) {
  const field = h("textarea", { id, spellcheck: false, autocomplete: "off", on: {
    input: (/** @type {EventOf<HTMLTextAreaElement>} */ event) => {
      const rows = read(plain(event.target.value));
      field.setAttribute("aria-invalid", String(rows === null));
      if (rows) onInput(rows);
    },
    keydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter" && field.rows === 1) event.preventDefault();
    } } });
  return {
    element: h("label", { class: "numbers", htmlFor: id }, h("span", {}, label), field),
    /** @param {number[][]} rows */
    show(rows) {
      field.rows = rows.length;
      if (field === document.activeElement) return;
      field.value = rows.map((row) => row.join(", ")).join("\n");
      field.setAttribute("aria-invalid", "false");
    },
  };
}

/** What somebody typed, as an address writes it: usual digits and signs, commas between the numbers. @param {string} text */
const plain = (text) => text.normalize("NFKC").replace(/[−–]/g, "-").trim().split(/\s*[\n;]\s*/)
  .map((line) => line.split(/[\s,]+/).filter(Boolean).join(",")).join(";");
