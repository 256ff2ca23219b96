/** Class probabilities as bars, the most probable class first. */

import { h } from "./dom.js";
import { formatPercent, t } from "./i18n.js";

/** @import { ClassProbability } from "./types.d.ts" */

/**
 * @param {number} [count] of bars at most
 * @returns {{ element: HTMLElement, show: (classes: ClassProbability[]) => void }}
 */
export function probabilityBars(count = 5) {
  const element = h("ol", { class: "bars", "aria-label": t("prediction.label") });
  return {
    element,
    show(classes) {
      const shown = classes.slice(0, count);
      while (element.children.length > shown.length) element.lastElementChild?.remove();
      while (element.children.length < shown.length) {
        element.append(h("li", {}, h("span", { class: "name" }), h("span", { class: "bar" }), h("span", { class: "probability" })));
      }
      element.style.setProperty("--name", `${Math.max(0, ...shown.map((one) => textWidth(one.class)))}ch`);
      shown.forEach((one, i) => {
        const [name, bar, probability] = /** @type {HTMLElement[]} */ ([...element.children[i].children]);
        name.textContent = one.class;
        name.title = one.class;
        bar.style.setProperty("--probability", String(one.probability));
        probability.textContent = formatPercent(one.probability);
      });
    },
  };
}

/** About how many digits wide a text is: a letter of Korean, Chinese or Japanese is as wide as two. @param {string} text */
const textWidth = (text) => [...text].reduce((width, letter) => width + (letter > "\u10ff" ? 2 : 1.1), 0);
