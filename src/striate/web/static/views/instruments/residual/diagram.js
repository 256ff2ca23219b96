/** The block as a drawing: its two paths, each as thick as the gradient that passes through it. */

import { svg } from "../../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../../lib/i18n.js";

/** @import { PathGradients } from "../../../lib/types.d.ts" */

const [WIDTH, HEIGHT] = [520, 158];
const LINE = 98; // of the body
const ARC = 24; // of the shortcut
const [FORK, SUM] = [70, 382];
const [LEAST, MOST] = [1.5, 11]; // the width of a path

/**
 * @param {PathGradients} gradient
 * @param {boolean} plain
 * @param {number} weight
 */
export function blockDiagram({ at_sum: whole, body, shortcut }, plain, weight) {
  const share = (/** @type {number} */ part) => (whole ? part / whole : 0);
  const label = t(plain ? "residual.diagram.plain" : "residual.diagram.unit",
    { weight: formatNumber(weight), body: formatPercent(share(body)), shortcut: formatPercent(share(shortcut)) });
  const conv = t("residual.conv", { weight: formatNumber(weight, { maximumFractionDigits: 2 }) });
  const middle = (FORK + SUM) / 2;
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
    plain ? null : path("shortcut", share(shortcut), `M${FORK} ${LINE}V${ARC}H${SUM}V${LINE - 16}`),
    path("body", share(body), `M${FORK} ${LINE}H${plain ? SUM + 40 : SUM - 16}`),
    svg("path", { class: "wire", d: `M34 ${LINE}H${FORK}M${plain ? SUM + 40 : SUM + 16} ${LINE}H490` }),
    svg("path", { class: "head", d: `M482 ${LINE - 6}L494 ${LINE}L482 ${LINE + 6}` }),
    text("x", 20, LINE + 6), text("y", 506, LINE + 6),
    box(100, conv, 84), box(202, "ReLU", 54), box(274, conv, 84), box(422, "ReLU", 54),
    plain ? null : [
      svg("circle", { class: "sum", cx: SUM, cy: LINE, r: 15 }),
      svg("path", { class: "plus", d: `M${SUM - 8} ${LINE}h16M${SUM} ${LINE - 8}v16` }),
      text(t("residual.by.shortcut", { share: formatPercent(share(shortcut)) }), middle, ARC + 24, "share"),
    ],
    text(t("residual.by.body", { share: formatPercent(share(body)) }), middle, HEIGHT - 8, "share"));
}

/** @param {string} name @param {number} share @param {string} d */
const path = (name, share, d) =>
  svg("path", { class: `path ${name}${share === 0 ? " none" : ""}`, d,
    "stroke-width": Math.min(MOST, Math.max(LEAST, share * 7)) });

/** @param {number} x @param {string} words @param {number} width */
const box = (x, words, width) => svg("g", { class: "box" },
  svg("rect", { x, y: LINE - 19, width, height: 38, rx: 7 }), text(words, x + width / 2, LINE + 5, "word"));

/** @param {string} words @param {number} x @param {number} y @param {string} [name] */
const text = (words, x, y, name = "end") => svg("text", { class: name, x, y, "text-anchor": "middle" }, words);
