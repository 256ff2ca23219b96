/** The selectivity of the chosen unit by gratings beside that by the bar, and why they differ. */

import { get } from "../../lib/api.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";

/** @import { GratingTuning, Tuning } from "../../lib/types.d.ts" */

/**
 * @returns {{ element: HTMLElement, show: (tuning: Tuning, model: string, path: string) => void }}
 */
export function gratingComparison() {
  const table = h("dl", { class: "stimuli", "aria-live": "polite" });
  const button = h("button", { on: { click: () => void load() } }, t("cortex.gratings.measure"));
  /** What was measured, by model and row. @type {Map<string, GratingTuning>} */
  const measured = new Map();
  /** @type {{ tuning: Tuning, model: string, path: string } | null} */
  let shown = null;

  async function load() {
    if (!shown) return;
    const { model, path } = shown;
    button.disabled = true;
    button.textContent = t("cortex.gratings.measuring");
    try {
      measured.set(`${model} ${path}`, await get("gratings", { model, path }));
    } catch (error) {
      showError(error);
    } finally {
      button.disabled = false;
      button.textContent = t("cortex.gratings.measure");
      write();
    }
  }

  function write() {
    if (!shown) return;
    const { tuning, model, path } = shown;
    const found = measured.get(`${model} ${path}`);
    const number = (/** @type {number} */ value) => formatNumber(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    const word = (/** @type {boolean} */ selective) => t(selective ? "cortex.is_selective" : "cortex.is_unselective");
    const value = found?.selectivities[tuning.unit];
    replaceChildren(table,
      h("div", {}, h("dt", {}, t("cortex.by_bar")), h("dd", {}, h("strong", {}, number(tuning.selectivity)), ` ${word(tuning.selective)}`)),
      h("div", {}, h("dt", {}, t("cortex.by_gratings")), h("dd", {}, found && value !== undefined
        ? [h("strong", {}, number(value)), ` ${word(value >= found.threshold)}`] : button)));
  }

  return {
    element: h("div", { class: "gratings" },
      h("h3", {}, t("cortex.two_stimuli")), table, h("p", { class: "muted explanation" }, t("cortex.gratings.why"))),
    show(tuning, model, path) {
      shown = { tuning, model, path };
      write();
    },
  };
}
