/** The units of a thinned network: those that stay in the colour of their value, those that are dropped as crosses. */

import { decodeBase64, diverging } from "../../../lib/canvas.js";
import { h } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";

/** @import { DropoutRow } from "../../../lib/types.d.ts" */

const SIDE = 330; // pixels of the canvas, about
const LEAST_CROSS = 8; // pixels of a cell in which a cross can be seen

/**
 * @param {DropoutRow} row
 * @param {number} network
 * @returns {HTMLCanvasElement}
 */
export function unitsCanvas(row, network) {
  const [values, kept] = [decodeBase64(row.values), decodeBase64(row.kept[network])];
  const columns = Math.ceil(Math.sqrt(row.shown * 1.5));
  const lines = Math.ceil(row.shown / columns);
  const cell = Math.max(2, Math.floor(SIDE / columns));
  const label = t("dropout.units", { path: row.path, kept: row.counts[network], units: row.units });
  const canvas = h("canvas", { role: "img", "aria-label": label, title: label, width: columns * cell, height: lines * cell });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const style = getComputedStyle(document.documentElement);
  context.strokeStyle = style.getPropertyValue("--muted");
  const gap = cell >= LEAST_CROSS ? 1 : 0;
  values.forEach((value, i) => {
    const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    if (kept[i]) {
      context.fillStyle = `rgb(${diverging(value).join()})`;
      context.fillRect(x + gap, y + gap, cell - 2 * gap, cell - 2 * gap);
    } else if (cell >= LEAST_CROSS) cross(context, x, y, cell);
  });
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} cell
 */
function cross(context, x, y, cell) {
  const [near, far] = [cell * 0.3, cell * 0.7];
  context.globalAlpha = 0.8;
  context.beginPath();
  context.moveTo(x + near, y + near);
  context.lineTo(x + far, y + far);
  context.moveTo(x + far, y + near);
  context.lineTo(x + near, y + far);
  context.stroke();
  context.globalAlpha = 1;
}
