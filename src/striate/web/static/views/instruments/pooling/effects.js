/** What pooling buys and what not, in this picture's numbers. */

import { h, replaceChildren } from "../../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../../lib/i18n.js";

import { formatChange } from "./pictures.js";

/** @import { PoolingResponse } from "../../../lib/types.d.ts" */

const HARDLY = 0.75; // of the picture's change: a pooled map that changes by more is hardly steadier

export function effects() {
  const [gains, losses] = [h("ul", {}), h("ul", {})];
  return {
    element: h("div", { class: "effects" }, h("h2", {}, t("pooling.buys")), gains,
      h("h2", {}, t("pooling.not")), h("div", { role: "status" }, losses)),
    /** @param {PoolingResponse} answer @param {number} stride @param {number} shift */
    show({ input, pooled, change }, stride, shift) {
      const [all, left] = [input, pooled].map(({ shape }) => shape.reduce((a, b) => a * b));
      replaceChildren(gains,
        h("li", {}, t("pooling.left", { left: formatNumber(left), all: formatNumber(all), share: formatPercent(left / all) })),
        h("li", {}, t("pooling.parameters")),
        stride > 1 && h("li", {}, t("pooling.step", { stride })));
      const hardly = change.output > HARDLY * change.input;
      const values = { count: shift, before: formatChange(change.input), after: formatChange(change.output) };
      replaceChildren(losses, shift === 0 ? h("li", {}, t("pooling.still")) : [
        h("li", {}, t(hardly ? "pooling.changes" : "pooling.changes.less", values)),
        h("li", {}, change.followed === 0 ? t("pooling.follows", { cells: change.cells })
          : t("pooling.follows.not", { change: formatChange(change.followed) })),
      ]);
    },
  };
}
