/** Every run in the folder: which one is looked at, whose curves are drawn beside its own. */

import { fill, h } from "../../lib/dom.js";
import { n, percent, t } from "../../lib/language.js";
import { MOST } from "./curves.js";

/** @typedef {import("../train.js").Run} Run */

/** @type {import("../../lib/language.js").Key[]} */
const COLUMNS = ["train.curve", "train.run", "train.table", "train.data", "train.state", "train.epochs", "train.accuracy.best"];
const WIDE = new Set(["train.table", "train.data"]); // not on a narrow screen: the name says it too

/**
 * @param {{ focus: (name: string) => void, show: (name: string, wanted: boolean) => void }} acts
 * @returns {{ element: HTMLElement, show: (runs: Run[], focus: string, drawn: string[]) => void }}
 */
export function runList(acts) {
  const body = h("tbody");
  const element = h("section", { class: "card train-list", hidden: true, "aria-label": t("train.runs") },
    h("h2", {}, t("train.runs")),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {},
        COLUMNS.map((key) => h("th", { scope: "col", class: WIDE.has(key) ? "wide" : "" }, t(key))))),
      body)));
  let shown = "";
  return {
    element,
    show(runs, focus, drawn) {
      const now = JSON.stringify([runs, focus, drawn]);
      if (now === shown) return;
      shown = now;
      element.hidden = runs.length === 0;
      const held = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.key;
      fill(body, runs.map((run) => row(run, focus, drawn, acts)));
      if (held) /** @type {HTMLElement | null} */ (body.querySelector(`[data-key="${CSS.escape(held)}"]`))?.focus();
    },
  };
}

/**
 * @param {Run} run
 * @param {string} focus
 * @param {string[]} drawn
 * @param {{ focus: (name: string) => void, show: (name: string, wanted: boolean) => void }} acts
 */
function row(run, focus, drawn, acts) {
  const colour = drawn.indexOf(run.name);
  const own = run.name === focus;
  const box = h("input", {
    type: "checkbox", checked: colour >= 0, disabled: own || (colour < 0 && drawn.length >= MOST), "data-key": `curve ${run.name}`,
    "aria-label": t("train.curve.of", { run: run.name }),
    on: { change: (/** @type {any} */ event) => acts.show(run.name, event.target.checked) },
  });
  const name = h("button", {
    class: "link", title: run.name, "aria-pressed": String(own), "data-key": `run ${run.name}`, on: { click: () => acts.focus(run.name) },
  }, run.name);
  return h("tr", { class: own ? "own" : "" },
    h("td", {}, h("span", { class: `swatch${colour < 0 ? "" : ` line-${colour}`}` }, box)),
    h("th", { scope: "row" }, name),
    h("td", { class: "wide", title: run.table }, run.table),
    h("td", { class: "wide", title: run.data }, run.data),
    h("td", {}, t(`train.short.${run.state}`)),
    h("td", { class: "number" }, `${n(run.done)} / ${n(run.epochs)}`),
    h("td", { class: "number" }, run.best === null ? "–" : percent(run.best)));
}
