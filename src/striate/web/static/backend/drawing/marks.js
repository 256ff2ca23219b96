/** What a drawing consists of; striate/drawing/primitives.py. A group may have attributes and a tooltip. */

/** @import { Figure, Mark, Point } from "./types.d.ts" */

/** @param {number} x @param {number} y @param {number} width @param {number} height @param {string} fill @returns {Mark} */
export const rect = (x, y, width, height, fill, { radius = 0, line = 0.8 } = {}) =>
  ({ kind: "rect", x, y, width, height, fill, radius, line });

/** @param {Point[]} points @param {string} fill @returns {Mark} */
export const polygon = (points, fill) => ({ kind: "polygon", points, fill });

/** @param {number} x @param {number} y @param {number} radius @returns {Mark} */
export const circle = (x, y, radius) => ({ kind: "circle", x, y, radius });

/** @param {Point[]} points @returns {Mark} */
export const line = (points, { hasArrow = false, isDashed = false, radius = 0, width = 1 } = {}) =>
  ({ kind: "line", points, hasArrow, isDashed, radius, width });

/**
 * A line of text; y is its baseline.
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {number} size
 * @returns {Mark}
 */
export const text = (x, y, words, size, { anchor = "middle", isBold = false, colour = "#222222", hasHalo = false } = {}) =>
  ({ kind: "text", x, y, words, size, anchor, isBold, colour, hasHalo });

/** @param {Mark[]} marks @param {Record<string, string>} attributes @param {string} title @returns {Mark} */
export const group = (marks, attributes = {}, title = "", x = 0, y = 0) => ({ kind: "group", marks, attributes, title, x, y });

/** The marks of one row of the table. @param {string} path @param {string} title @param {Mark[]} marks @param {number | null} tower */
export const rowGroup = (path, title, marks, tower = null) =>
  group(marks, tower === null ? { "data-path": path } : { "data-path": path, "data-tower": String(tower) }, title);

/** A figure with its axis at x and its top at y. @param {Figure} figure @param {number} x @param {number} y */
export const placed = (figure, x, y) => group(figure.marks, {}, "", x, y);

/**
 * Marks around a vertical axis, from -left to right; one that forks begins with a fork of lines.
 * @param {number} left
 * @param {number} right
 * @param {number} height
 * @param {Mark[]} marks
 * @returns {Figure}
 */
export const figureOf = (left, right, height, marks, forks = false) => ({ left, right, width: left + right, height, marks, forks });
