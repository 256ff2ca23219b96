/** What stands in a cell: a field's value as text and back, counts, bytes, sizes. */

import { n } from "../../lib/language.js";

/** @typedef {import("./edit.js").Field} Field */

/**
 * A field's value as it is edited: 5, 5×1, same, 1+0×1+0.
 * @param {any} value
 * @returns {string}
 */
export function written(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((side) => (Array.isArray(side) ? side.join("+") : side)).join("×");
  return String(value);
}

/**
 * What was typed as the field's value; undefined for its default. What cannot be read goes to the server as it is, which
 * says what it expected.
 * @param {string} text
 * @param {Field} field
 * @returns {any}
 */
export function read(text, field) {
  const typed = text.trim();
  if (typed === "") return field.required ? "" : undefined;
  if (field.kind === "text") return typed;
  if (field.kind === "number") return number(typed);
  const lower = typed.toLowerCase();
  if (field.kind === "padding" && (lower === "same" || lower === "valid")) return lower;
  const sides = lower.split(/\s*[x×*,]\s*/).map((side) => (side.includes("+") ? side.split("+").map(number) : number(side)));
  return sides.length === 1 ? sides[0] : sides;
}

/** @param {string} text */
function number(text) {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
}

/** @param {number[]} size */
export const by = (size) => size.join("×");

/** @param {number | number[]} value one number for both directions, or both */
export const square = (value) => (Array.isArray(value) ? by(value) : `${value}×${value}`);

/** @param {number} bytes */
export function bytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  return `${n(bytes / 1000 ** power, { maximumSignificantDigits: 3 })} ${units[power]}`;
}

/**
 * How a number differs from the original's: "+1,234 (×1.02)".
 * @param {number} now
 * @param {number} was
 * @param {(value: number) => string} [word]
 * @returns {string}
 */
export function difference(now, was, word = n) {
  if (now === was) return "";
  const more = `${now > was ? "+" : "−"}${word(Math.abs(now - was))}`;
  return was ? `${more} (×${n(now / was, { maximumSignificantDigits: 4 })})` : more;
}
