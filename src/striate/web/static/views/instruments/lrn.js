/** LRN: the values of neighbouring maps at one place compete; a slider for each, and the formula with its numbers. */

import { get } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { slider } from "./controls.js";
import { formula } from "./lrn/formula.js";
import { mapColumns } from "./lrn/maps.js";
import { ALPHA, MOST, PAPER, settings } from "./lrn/state.js";

/** @import { LrnState } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const columns = mapColumns({
    onValue: (map, value) => {
      settings.values = settings.values.map((old, i) => (i === map ? value : old));
      void update();
    },
    onChoose: (channel) => set({ channel }),
  });
  const box = h("div", { class: "formula-box" });
  const from = h("p", { class: "muted" });
  const number = (/** @type {number} */ value) => formatNumber(value, { maximumSignificantDigits: 3 });
  const size = slider({ id: "lrn-size", label: t("lrn.size"), format: String, onInput: (value) => set({ size: value }) });
  const k = slider({ id: "lrn-k", label: t("lrn.k"), format: number, onInput: (value) => set({ k: value }) });
  const alpha = slider({ id: "lrn-alpha", label: t("lrn.alpha"), format: (power) => number(10 ** power),
    onInput: (power) => set({ alpha: Number((10 ** power).toPrecision(2)) }) });
  const beta = slider({ id: "lrn-beta", label: t("lrn.beta"), format: number, onInput: (value) => set({ beta: value }) });
  const paper = h("button", { on: { click: () => set(PAPER) } }, t("lrn.paper"));
  const count = h("output", { class: "number" });
  const [fewer, more] = /** @type {const} */ ([["−", "lrn.fewer"], ["+", "lrn.more"]]).map(([sign, name]) => h("button",
    { "aria-label": t(name), title: t(name), on: { click: () => changeCount(sign === "+") } }, sign));

  const update = coalesce(async () => {
    const sent = { ...settings };
    const { values, size: n, k: bias, alpha: weight, beta: power } = sent;
    try {
      const answer = await get("instruments/lrn", { values: values.join(), size: n, k: bias, alpha: weight, beta: power });
      columns.show(answer, sent);
      replaceChildren(box, formula(answer, sent));
    } catch (error) {
      showError(error);
    } finally {
      columns.element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {Partial<LrnState>} changes */
  function set(changes) {
    Object.assign(settings, changes);
    showControls();
    void update();
  }

  /** @param {boolean} isMore */
  function changeCount(isMore) {
    const values = isMore ? [...settings.values, 0] : settings.values.slice(0, -1);
    set({ values, channel: Math.min(settings.channel, values.length - 1) });
  }

  function showControls() {
    const { values, size: n, k: bias, alpha: weight, beta: power } = settings;
    settings.channel = Math.min(settings.channel, values.length - 1);
    size.show(n, { min: 1, max: MOST.size, step: 1 });
    k.show(bias, { min: 0.5, max: MOST.k, step: 0.5 });
    alpha.show(Math.log10(weight), { ...ALPHA, step: 0.1 });
    beta.show(power, { min: 0, max: MOST.beta, step: 0.05 });
    count.textContent = String(values.length);
    fewer.disabled = values.length <= 1;
    more.disabled = values.length >= MOST.maps;
    from.textContent = t("lrn.from", { value: formatNumber(Math.sqrt(bias / weight), { maximumSignificantDigits: 2 }) });
  }

  replaceChildren(
    root,
    h("section", { class: "card main", "aria-label": t("lrn.stage") }, columns.element, box),
    h("section", { class: "card side" }, size.element, k.element, alpha.element, beta.element,
      h("div", { class: "toolbar" }, paper),
      h("div", { class: "toolbar", role: "group", "aria-label": t("lrn.maps") }, h("span", {}, t("lrn.maps")), fewer, count, more),
      from, h("p", { class: "muted" }, t("lrn.alone.why"))),
  );
  showControls();
  void update();
  return () => {};
}
