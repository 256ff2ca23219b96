/** The products at one place and their sum, with the numbers: 1·1 + 2·10 + 4·100 = 421. */

import { h } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";
import { format } from "../number-cells.js";

/** @import { OverlapResponse, OverlapState } from "../../../lib/types.d.ts" */

/** A negative number in brackets. @param {number} value */
const bracketed = (value) => (value < 0 ? `(${format(value)})` : format(value));

/**
 * @param {OverlapState} settings
 * @param {OverlapResponse} overlap
 */
export function equation({ x, at }, { kernel, places, sums }) {
  const [top, left] = [Math.floor(at / places[1]), at % places[1]];
  const terms = kernel.flatMap((row, i) => row.map((weight, j) => `${bracketed(x[top + i][left + j])}·${bracketed(weight)}`));
  return [h("span", { class: "number terms" }, `${terms.join(" + ")} = `),
    h("output", { class: "number", htmlFor: "overlap-at", "aria-label": t("overlap.sum") }, format(sums[at]))];
}
