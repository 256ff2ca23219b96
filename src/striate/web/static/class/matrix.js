/** The confusion matrix of class and network: a row for what the class says, a column for the network's answer. */

import { h, replaceChildren } from "../lib/dom.js";
import { formatNumber, formatPercent, t } from "../lib/i18n.js";

/** @import { ClassDrawing } from "../lib/types.d.ts" */

const TRAINS = 2; // figures, of which there must be drawings to train on

/** @param {(cell: string) => void} choose called with "row,column" */
export function matrix(choose) {
  const table = h("table", { class: "matrix" });
  const share = h("p", { class: "share" });
  const mixed = h("p", { class: "mixed" });
  const train = h("p", { class: "train" });
  const element = h("section", { class: "card confusion" }, h("h2", {}, t("class.matrix")), share, table, mixed, train);

  /** @param {ClassDrawing[]} drawings @param {string[]} labels @param {string} chosen */
  function show(drawings, labels, chosen) {
    const decided = drawings.filter(({ label }) => label !== null);
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { label, answer } of decided) {
      const cell = `${label},${answer[0][0]}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    const focused = document.activeElement?.getAttribute("data-cell");
    const most = Math.max(1, ...counts.values());
    replaceChildren(table, h("caption", { class: "hidden" }, t("class.matrix")),
      h("thead", {}, h("tr", {}, h("td", { class: "corner" }),
        h("th", { class: "axis", colSpan: labels.length, scope: "colgroup" }, t("class.network"))),
      h("tr", {}, h("th", { class: "axis", scope: "col" }, t("class.class")), labels.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, labels.map((label, row) => h("tr", {}, h("th", { scope: "row" }, label), labels.map((other, column) => {
        const cell = `${row},${column}`;
        return matrixCell(cell, counts.get(cell) ?? 0, most, t("class.matrix.cell", { class: label, network: other }));
      })))));
    if (focused) /** @type {HTMLElement | null} */ (table.querySelector(`[data-cell="${focused}"]`))?.focus();

    const agreed = decided.filter(({ label, answer }) => label === answer[0][0]).length;
    const words = t("class.agree", { agreed: formatNumber(agreed), all: formatNumber(decided.length) });
    replaceChildren(share, ...(decided.length
      ? [h("b", {}, formatPercent(agreed / decided.length)), " ", words]
      : [t("class.agree.nothing")]));
    const [cell, count] = [...counts].filter(([key]) => !isDiagonal(key)).sort(([, one], [, other]) => other - one)[0] ?? ["", 0];
    const [row, column] = cell.split(",").map(Number);
    mixed.textContent = count ? t("class.mixed", { class: labels[row], network: labels[column], count: formatNumber(count) }) : "";
    showTrain(new Set(decided.map(({ label }) => label)).size);

    /** @param {string} key @param {number} number @param {number} largest @param {string} name */
    function matrixCell(key, number, largest, name) {
      if (!number) return h("td", { class: isDiagonal(key) ? "same" : "" });
      const button = h("button", { "data-cell": key, "aria-label": `${name}: ${number}`, "aria-pressed": String(key === chosen),
        on: { click: () => choose(key) } }, number);
      button.style.setProperty("--strength", String(0.25 + (0.75 * number) / largest));
      return h("td", { class: isDiagonal(key) ? "same" : "other" }, button);
    }
  }

  /** @param {number} figures of which there are drawings */
  function showTrain(figures) {
    train.hidden = figures < TRAINS;
    const name = document.querySelector("#bar h1")?.textContent ?? "";
    replaceChildren(train, h("a", { href: `./#train?data=${encodeURIComponent(name)}` }, t("class.train")));
  }

  return { element, show };
}

/** @param {string} cell */
function isDiagonal(cell) {
  const [row, column] = cell.split(",");
  return row === column;
}
