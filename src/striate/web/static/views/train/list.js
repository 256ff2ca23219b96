/** The list of all runs: one is selected, the curves of others can be drawn beside its own. */

import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { MAX_CURVES } from "./curves.js";

/** @import { EventOf, Run, StringKey } from "../../lib/types.d.ts" */
/** @typedef {{ onSelect: (name: string) => void, onCompare: (name: string, compared: boolean) => void }} Callbacks */

/** @type {StringKey[]} */
const COLUMNS = ["train.curve", "train.run", "train.table", "train.data", "train.state", "train.epochs", "train.accuracy.best"];
const WIDE = new Set(["train.table", "train.data"]); // hidden on a narrow screen: they are in the run's name

/**
 * @param {Callbacks} callbacks
 * @returns {{ element: HTMLElement, show: (runs: Run[], selected: string, drawn: string[]) => void }}
 */
export function runList(callbacks) {
  const body = h("tbody");
  const element = h("section", { class: "card", hidden: true, "aria-label": t("train.runs") },
    h("h2", {}, t("train.runs")),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {},
        COLUMNS.map((key) => h("th", { scope: "col", class: WIDE.has(key) ? "wide" : "" }, t(key))))),
      body)));
  let shown = "";
  return {
    element,
    show(runs, selected, drawn) {
      const data = JSON.stringify([runs, selected, drawn]);
      if (data === shown) return;
      shown = data;
      element.hidden = runs.length === 0;
      const focused = document.activeElement?.getAttribute("data-key");
      replaceChildren(body, runs.map((run) => runRow(run, selected, drawn, callbacks)));
      const again = focused && body.querySelector(`[data-key="${CSS.escape(focused)}"]`);
      if (again instanceof HTMLElement) again.focus();
    },
  };
}

/**
 * @param {Run} run
 * @param {string} selected
 * @param {string[]} drawn
 * @param {Callbacks} callbacks
 */
function runRow(run, selected, drawn, { onSelect, onCompare }) {
  const color = drawn.indexOf(run.name);
  const isSelected = run.name === selected;
  const checkbox = h("input", {
    type: "checkbox", checked: color >= 0, disabled: isSelected || (color < 0 && drawn.length >= MAX_CURVES),
    "data-key": `curve ${run.name}`, "aria-label": t("train.curve.of", { run: run.name }),
    on: { change: (/** @type {EventOf<HTMLInputElement>} */ event) => onCompare(run.name, event.target.checked) },
  });
  const name = h("button", {
    class: "link", title: run.name, "aria-pressed": String(isSelected), "data-key": `run ${run.name}`,
    on: { click: () => onSelect(run.name) },
  }, run.name);
  return h("tr", { class: isSelected ? "selected" : "" },
    h("td", {}, h("span", { class: `swatch${color < 0 ? "" : ` line-${color}`}` }, checkbox)),
    h("th", { scope: "row" }, name),
    h("td", { class: "wide", title: run.table }, run.table),
    h("td", { class: "wide", title: run.data }, run.data),
    h("td", {}, t(`train.short.${run.state}`)),
    h("td", { class: "number" }, `${formatNumber(run.done)} / ${formatNumber(run.epochs)}`),
    h("td", { class: "number" }, run.best === null ? "–" : formatPercent(run.best)));
}
