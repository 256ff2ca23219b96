/** The maps side by side: the value of each before and after as bars, what is left of it, and its slider. */

import { h, replaceChildren } from "../../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../../lib/i18n.js";
import { MOST } from "./state.js";

/** @import { LrnResponse, LrnState } from "../../../lib/types.d.ts" */

/** @param {number} value @returns {string} */
export const formatValue = (value) => formatNumber(value, { maximumSignificantDigits: 3 });

/** @param {{ onValue: (map: number, value: number) => void, onChoose: (map: number) => void }} actions */
export function mapColumns({ onValue, onChoose }) {
  const list = h("ul", { class: "maps" });
  const alone = h("span", { class: "muted" });
  /** @type {ReturnType<typeof column>[]} */
  let columns = [];
  return {
    element: h("div", { "aria-busy": "true" },
      h("ul", { class: "key" }, h("li", { class: "before" }, t("lrn.before")), h("li", { class: "after" }, t("lrn.after")),
        h("li", { class: "left" }, t("lrn.left")), h("li", { class: "alone" }, alone)), list),
    /** @param {LrnResponse} answer @param {LrnState} settings */
    show(answer, settings) {
      if (columns.length !== settings.values.length) {
        columns = settings.values.map((_, map) => column(map, (value) => onValue(map, value), () => onChoose(map)));
        replaceChildren(list, columns.map(({ element }) => element));
      }
      const most = Math.max(2, ...settings.values, ...answer.after);
      alone.textContent = t("lrn.alone", { share: formatPercent(answer.unopposed) });
      columns.forEach((one, map) => one.show(map, answer, settings, most));
    },
  };
}

/** @param {number} map @param {(value: number) => void} onValue @param {() => void} onChoose */
function column(map, onValue, onChoose) {
  const [before, after] = ["before", "after"].map((name) => h("div", { class: `bar ${name}` }));
  const [beforeText, afterText, leftText] = ["before", "after", "left"].map((name) => h("span", { class: `number ${name}` }));
  const left = h("div", { class: "bar left" });
  const alone = h("div", { class: "alone" });
  const choose = h("button", { class: "name", on: { click: onChoose } }, t("lrn.map", { map }));
  const input = h("input", { type: "range", min: "0", max: String(MOST.value), step: "1", "aria-label": t("lrn.value", { map }),
    on: { input: () => onValue(Number(input.value)) } });
  const element = h("li", {}, choose,
    h("div", { class: "pair" }, h("div", { class: "slot" }, before, beforeText), h("div", { class: "slot" }, after, afterText)),
    h("div", { class: "rest" }, alone, left, leftText), input);
  return {
    element,
    /** @param {number} map @param {LrnResponse} answer @param {LrnState} settings @param {number} most */
    show(map, { after: values, first, last, factors, unopposed }, { values: old, channel }, most) {
      const whole = Math.max(1, unopposed, ...factors);
      before.style.height = `${(100 * old[map]) / most}%`;
      after.style.height = `${(100 * values[map]) / most}%`;
      left.style.height = `${(100 * factors[map]) / whole}%`;
      alone.style.bottom = `${(100 * unopposed) / whole}%`;
      beforeText.textContent = formatValue(old[map]);
      afterText.textContent = formatValue(values[map]);
      leftText.textContent = formatPercent(factors[map]);
      // A slider that somebody moves is ahead of the answer: an older value would take a key press back.
      if (input !== document.activeElement) input.value = String(old[map]);
      choose.setAttribute("aria-pressed", String(map === channel));
      choose.setAttribute("aria-label", t("lrn.choose", { map, before: formatValue(old[map]), after: formatValue(values[map]) }));
      element.classList.toggle("within", map >= first[channel] && map <= last[channel]);
    },
  };
}
