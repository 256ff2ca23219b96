/** A QR code as a picture. */

import { svg } from "./dom.js";
import { t } from "./i18n.js";

const MARGIN = 4; // modules around a QR code, as its standard asks

/** @param {string[]} rows of modules, 1 for dark */
export function qrPicture(rows) {
  const side = rows.length + 2 * MARGIN;
  const path = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map(({ 0: { length }, index = 0 }) =>
    `M${MARGIN + index} ${MARGIN + y}h${length}v1h-${length}z`)).join("");
  return svg("svg", { viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": t("link.qr"), "shape-rendering": "crispEdges" },
    svg("rect", { width: side, height: side, fill: "#fff" }), svg("path", { d: path, fill: "#000" }));
}
