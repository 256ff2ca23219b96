/** Why: which pixels a prediction depends on, by four methods; and the gradient of plain and residual networks. */

import { postPicture } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { addTexts, formatPercent, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { withNote } from "../lib/picture-note.js";
import { currentPicture, state, watchInput } from "../lib/state.js";
import { attributionPanel } from "./why/attribution.js";
import { blinkButton } from "./why/blink.js";
import { gradientFlowCard } from "./why/gradient-flow.js";
import { en } from "../strings/why.en.js";
import { ko } from "../strings/why.ko.js";

/** @import { Attribution, AttributionMethod, Query, StringKey } from "../lib/types.d.ts" */

addTexts({ en, ko });

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
  const otherSelect = h("select", { id: "class-other", on: { change: () => {
    settings.other = otherSelect.value === "" ? null : Number(otherSelect.value);
    update();
  } } });
  const blink = blinkButton(root);
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
        Object.assign(settings, { model: state.model, picture, class: null, other: null });
      }
      /** @type {AttributionMethod[]} */
      let methods = ["saliency"];
      for (let i = 0; i < methods.length && isCurrent(); i++) {
        const classes = [settings.class, ...(settings.other === null ? [] : [settings.other])];
        /** @type {Attribution[]} */
        const answers = [];
        for (const one of classes) {
          /** @type {Query} */
          const query = { model: settings.model, method: methods[i], ...(one === null ? {} : { class: one }) };
          answers.push(await postPicture("why", picture.blob, query));
          if (!isCurrent()) return;
        }
        const [answer] = answers;
        if (i === 0) {
          methods = [...new Set([...methods, ...METHODS.filter((method) => answer.methods.includes(method))])];
          for (const method of METHODS) panels.get(method)?.setWaiting(methods.includes(method));
          showClasses(answer);
          note.textContent = withNote(answer.note);
          root.classList.toggle("two", answers.length > 1);
        }
        panels.get(answer.method)?.show(answers);
      }
    } catch (error) {
      if ((settings.class ?? settings.other) !== null && isCurrent() && classSelect.options.length === 0) {
        Object.assign(settings, { class: null, other: null }); // a link named a class that is none
        return void update();
      }
      if (!unmounted) showError(error);
      for (const panel of panels.values()) panel.clear();
    }
  });

  /** @param {Attribution} answer */
  function showClasses(answer) {
    const options = (/** @type {number | null} */ chosen) => answer.top.map((one) =>
      h("option", { value: one.index, selected: one.index === chosen },
        t("why.option", { class: one.class, probability: formatPercent(one.probability) })));
    replaceChildren(classSelect, options(answer.class.index));
    replaceChildren(otherSelect, h("option", { value: "" }, t("why.other.none")), options(settings.other));
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
      h("label", { class: "choice" }, h("span", {}, t("why.class")), classSelect),
      h("label", { class: "choice" }, h("span", {}, t("why.other.class")), otherSelect),
      h("label", { class: "choice" }, h("span", {}, t("why.opacity")), opacity), blink.element,
      h("ul", { class: "colours" }, ["for", "against", "either"].map((name) =>
        h("li", { class: name }, t(/** @type {StringKey} */ (`why.colour.${name}`)))), h("li", {}, t("why.colour.none")))),
    note,
    h("div", { class: "panels" }, METHODS.map((method) => panels.get(method)?.element)),
    flow.element,
  );
  setOpacity();
  const stopWatching = watchInput(update);
  update();
  void flow.load();
  return () => {
    unmounted = true;
    stopWatching();
    flow.unmount();
    blink.unmount();
    root.style.removeProperty("--opacity");
  };
}
