/** The values of cells as text: a field's value as it is typed, sizes, bytes, differences. */

import { formatNumber } from "../../lib/i18n.js";

/** @import { Field, FieldValue } from "../../lib/types.d.ts" */

/**
 * A field's value as it is typed: 5, 5×1, same, 1+0×1+0.
 * @param {unknown} value
 * @returns {string}
 */
export function formatField(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((side) => (Array.isArray(side) ? side.join("+") : side)).join("×");
  return String(value);
}

/**
 * The value of a typed text; undefined for the field's default. A text that cannot be parsed stays text: the server then
 * says what it expected.
 * @param {string} text
 * @param {Field} field
 * @returns {FieldValue | undefined}
 */
export function parseField(text, field) {
  const typed = text.trim();
  if (typed === "") return field.required ? "" : undefined;
  if (field.kind === "text") return typed;
  const plain = typed.normalize("NFKC").replace(/[−–]/g, "-"); // ３×３: an input method may give digits and signs their full width
  if (field.kind === "number") return parseNumber(plain);
  const lower = plain.toLowerCase();
  if (field.kind === "padding" && (lower === "same" || lower === "valid")) return lower;
  const sides = lower.split(/\s*[x×✕*,、]\s*/).map((side) => (side.includes("+") ? side.split("+").map(parseNumber) : parseNumber(side)));
  return sides.length === 1 ? sides[0] : sides;
}

/** @param {string} text */
function parseNumber(text) {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : text;
}

/** @param {unknown[]} size */
export const formatSize = (size) => size.join("×");

/** @param {number | number[]} value one number for both directions, or both */
export const formatSquare = (value) => (Array.isArray(value) ? formatSize(value) : `${value}×${value}`);

/** @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(bytes || 1) / 3)));
  return `${formatNumber(bytes / 1000 ** power, { maximumSignificantDigits: 3 })} ${units[power]}`;
}

/**
 * The difference from the original: "+1,234 (×1.02)".
 * @param {number} value
 * @param {number} original
 * @param {(value: number) => string} format
 * @returns {string}
 */
export function formatDifference(value, original, format) {
  if (value === original) return "";
  const difference = `${value > original ? "+" : "−"}${format(Math.abs(value - original))}`;
  return original ? `${difference} (×${formatNumber(value / original, { maximumSignificantDigits: 4 })})` : difference;
}
