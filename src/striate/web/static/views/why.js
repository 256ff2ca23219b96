/** Why: which pixels a prediction depends on, by four methods; and the gradient of plain and residual networks. */

import { postPicture } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { formatPercent, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { withNote } from "../lib/picture-note.js";
import { currentPicture, state, watchModel } from "../lib/state.js";
import { attributionPanel } from "./why/attribution.js";
import { gradientFlowCard } from "./why/gradient-flow.js";

/** @import { Attribution, AttributionMethod, Query } from "../lib/types.d.ts" */

/** In the order of the panels. @type {AttributionMethod[]} */
const METHODS = ["grad_cam", "occlusion", "saliency", "integrated_gradients"];

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const settings = state.why;
  let unmounted = false;
  let requests = 0;
  const panels = new Map(METHODS.map((method) => [method, attributionPanel(method)]));
  const classSelect = h("select", { id: "class", on: { change: () => {
    settings.class = Number(classSelect.value);
    update();
  } } });
  const opacity = h("input", { type: "range", id: "opacity", min: "0", max: "100", step: "5",
    value: String(settings.opacity * 100), on: { input: () => {
      settings.opacity = Number(opacity.value) / 100;
      setOpacity();
    } } });
  const setOpacity = () => root.style.setProperty("--opacity", String(settings.opacity));
  const note = h("p", { role: "status" });
  const flow = gradientFlowCard(settings);

  /** One method after another; saliency first: every network has it, and its answer names the others. */
  const load = coalesce(async (/** @type {number} */ request) => {
    const isCurrent = () => !unmounted && request === requests;
    try {
      const picture = currentPicture();
      if (settings.model !== state.model || settings.picture !== picture) {
        Object.assign(settings, { model: state.model, picture, class: null });
      }
      /** @type {AttributionMethod[]} */
      let methods = ["saliency"];
      for (let i = 0; i < methods.length && isCurrent(); i++) {
        /** @type {Query} */
        const query = { model: settings.model, method: methods[i] };
        if (settings.class !== null) query.class = settings.class;
        const answer = await postPicture("why", picture.blob, query);
        if (!isCurrent()) return;
        if (i === 0) {
          methods = [...new Set([...methods, ...METHODS.filter((method) => answer.methods.includes(method))])];
          for (const method of METHODS) panels.get(method)?.setWaiting(methods.includes(method));
          showClasses(answer);
          note.textContent = withNote(answer.note);
        }
        panels.get(answer.method)?.show(answer);
      }
    } catch (error) {
      if (!unmounted) showError(error);
      for (const panel of panels.values()) panel.clear();
    }
  });

  /** @param {Attribution} answer */
  function showClasses(answer) {
    replaceChildren(classSelect, answer.top.map((one) => h("option", { value: one.index, selected: one.index === answer.class.index },
      t("why.option", { class: one.class, probability: formatPercent(one.probability) }))));
  }

  function update() {
    for (const panel of panels.values()) panel.setWaiting(true);
    void load(++requests);
  }

  replaceChildren(
    root,
    h("h1", {}, t("why.title")),
    h("p", { class: "lead" }, t("why.lead"), " ", h("a", { href: "#draw" }, t("picture.other"))),
    h("div", { class: "card toolbar controls" },
      h("label", { htmlFor: "class" }, t("why.class")), classSelect,
      h("label", { htmlFor: "opacity" }, t("why.opacity")), opacity,
      h("span", { class: "muted" }, t("why.colors"))),
    note,
    h("div", { class: "panels" }, METHODS.map((method) => panels.get(method)?.element)),
    flow.element,
  );
  setOpacity();
  const stopWatching = watchModel(update);
  update();
  void flow.load();
  return () => {
    unmounted = true;
    stopWatching();
    flow.unmount();
    root.style.removeProperty("--opacity");
  };
}
