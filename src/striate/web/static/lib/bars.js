/** Class probabilities as bars, the likeliest first. */

import { h } from "./dom.js";
import { percent, t } from "./language.js";

/** @typedef {{ class: string, index: number, probability: number }} Rank */

/**
 * A list that `show` fills: `most` bars, their elements kept.
 * @param {number} [most]
 * @returns {{ element: HTMLElement, show: (ranks: Rank[]) => void }}
 */
export function bars(most = 5) {
  const element = h("ol", { class: "bars", "aria-label": t("bars.label") });
  return {
    element,
    show(ranks) {
      const shown = ranks.slice(0, most);
      while (element.children.length > shown.length) element.lastElementChild?.remove();
      while (element.children.length < shown.length) {
        element.append(h("li", {}, h("span", { class: "name" }), h("span", { class: "bar" }), h("span", { class: "share" })));
      }
      shown.forEach((rank, i) => {
        const [name, bar, share] = /** @type {HTMLElement[]} */ ([...element.children[i].children]);
        name.textContent = rank.class;
        name.title = rank.class;
        bar.style.setProperty("--share", String(rank.probability));
        share.textContent = percent(rank.probability);
      });
    },
  };
}
