/** Why: which pixels an answer rests on, asked in several ways; and why shortcuts let deep networks learn. */

import { latest, postPicture } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { percent, t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { lens, state, watch } from "../lib/state.js";
import { gradients } from "./why/gradients.js";
import { panel } from "./why/panel.js";

/** @typedef {import("../lib/bars.js").Rank} Rank */
/** @typedef {"grad_cam" | "occlusion" | "saliency" | "integrated_gradients"} Method */
/** @typedef {{ value: number | null, row: number, column: number }} Place */
/**
 * @typedef {{
 *   input: { shape: number[], pixels: string }, top: Rank[], methods: Method[], method: Method,
 *   class: { index: number, name: string }, path: string | null,
 *   map: { size: [number, number], scale: number, signed: boolean, maps: string }, least: Place, most: Place,
 * }} Reasons
 */

/** @type {Method[]} in the order in which they are shown; saliency, which every network has, is asked for first */
const METHODS = ["grad_cam", "occlusion", "saliency", "integrated_gradients"];

/**
 * What stays when the view is left; `chosen` is a class of this model for this picture, null for the likeliest.
 * @type {{ model: string, picture: import("../lib/state.js").Picture | null, chosen: number | null, strength: number }}
 */
const kept = { model: "", picture: null, chosen: null, strength: 0.8 };

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let gone = false;
  let asked = 0;
  const panels = new Map(METHODS.map((method) => [method, panel(method)]));
  const choice = h("select", { id: "class", on: { change: () => {
    kept.chosen = Number(choice.value);
    begin();
  } } });
  const strength = h("input", { type: "range", id: "strength", min: "0", max: "100", step: "5",
    value: String(kept.strength * 100), on: { input: () => {
      kept.strength = Number(strength.value) / 100;
      dim();
    } } });
  const dim = () => root.style.setProperty("--strength", String(kept.strength));
  const flow = gradients();

  const ask = latest(async (/** @type {number} */ own) => {
    try {
      const picture = await lens();
      if (kept.model !== state.model || kept.picture !== picture) Object.assign(kept, { model: state.model, picture, chosen: null });
      /** @type {Method[]} */
      let methods = ["saliency"];
      for (let i = 0; i < methods.length && !gone && own === asked; i++) {
        /** @type {import("../lib/api.js").Query} */
        const query = { model: kept.model, method: methods[i] };
        if (kept.chosen !== null) query.class = kept.chosen;
        const found = /** @type {Reasons} */ (await postPicture("why", picture.blob, query));
        if (gone || own !== asked) return;
        if (i === 0) {
          methods = [...new Set([...methods, ...METHODS.filter((method) => found.methods.includes(method))])];
          for (const method of METHODS) panels.get(method)?.wait(methods.includes(method));
          list(found);
        }
        panels.get(found.method)?.show(found);
      }
    } catch (error) {
      if (!gone) notice(error);
      for (const one of panels.values()) one.end();
    }
  });

  /** The classes, the likeliest first. @param {Reasons} found */
  function list(found) {
    fill(choice, found.top.map((rank) => h("option", { value: rank.index, selected: rank.index === found.class.index },
      t("why.option", { class: rank.class, share: percent(rank.probability) }))));
  }

  function begin() {
    for (const one of panels.values()) one.wait(true);
    void ask(++asked);
  }

  fill(
    root,
    h("h1", {}, t("why.title")),
    h("p", { class: "lead" }, t("why.lead"), " ", h("a", { href: "#draw" }, t("why.other"))),
    h("div", { class: "card tools asked" },
      h("label", { htmlFor: "class" }, t("why.class")), choice,
      h("label", { htmlFor: "strength" }, t("why.strength")), strength,
      h("span", { class: "quiet" }, t("why.colours"))),
    h("div", { class: "panels" }, METHODS.map((method) => panels.get(method)?.element)),
    flow.element,
  );
  dim();
  let model = state.model;
  const end = watch(() => {
    if (state.model === model) return;
    model = state.model;
    begin();
  });
  begin();
  void flow.show();
  return () => {
    gone = true;
    end();
    flow.end();
    root.style.removeProperty("--strength");
  };
}
