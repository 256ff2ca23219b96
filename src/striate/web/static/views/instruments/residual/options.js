/** The shortcut where height and width halve and the maps double: options A, B and C, what each passes on and costs. */

import { h } from "../../../lib/dom.js";
import { formatNumber, t } from "../../../lib/i18n.js";
import { mapFigures } from "./maps.js";

/** @import { ShortcutChange, StringKey } from "../../../lib/types.d.ts" */

/** @param {ShortcutChange[]} options */
export function optionsTable(options) {
  return options.map(({ option, maps, same, changed }) =>
    h("section", { class: "option" },
      h("h3", {}, t("residual.option", { option })),
      h("p", {}, t(/** @type {StringKey} */ (`residual.option.${option}`))),
      h("div", { class: "maps" }, mapFigures(maps, [t("residual.map", { number: 1 }), t("residual.map", { number: 2 })])),
      h("dl", {},
        h("div", {}, h("dt", {}, t("residual.weights.changed")), h("dd", { class: "number" }, formatNumber(changed))),
        h("div", {}, h("dt", {}, t("residual.weights.same")), h("dd", { class: "number" }, formatNumber(same))))));
}
