/** Parts of both pages of a class. */

import { h, svg } from "../lib/dom.js";
import { addTexts, formatPercent, language, LANGUAGES, setLanguage, t } from "../lib/i18n.js";
import { en } from "../strings/class.en.js";
import { ko } from "../strings/class.ko.js";

/** @import { ClassAnswer, EventOf, Language } from "../lib/types.d.ts" */

addTexts({ en, ko });

/** The choice of the page's language. @param {() => void} changed @returns {HTMLElement} */
export const languageSelect = (changed) =>
  h("label", { class: "choice language" }, h("span", { class: "hidden" }, t("page.language")),
    h("select", { id: "language", on: { change: (/** @type {EventOf<HTMLSelectElement>} */ event) => {
      setLanguage(/** @type {Language} */ (event.target.value));
      changed();
      document.getElementById("language")?.focus();
    } } }, Object.entries(LANGUAGES).map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language() }, name))));

/** What the network answers, in words. @param {ClassAnswer} answer @param {string[]} labels */
export const answerText = ([[label, probability]], labels) =>
  t("prediction.top", { class: labels[label], probability: formatPercent(probability) });

/** The answer as the bars take it. @param {ClassAnswer} answer @param {string[]} labels */
export const answerBars = (answer, labels) =>
  answer.map(([index, probability]) => ({ class: labels[index], index, probability }));

/** The signs of class and network, 24 units wide. */
const SIGNS = {
  class: "M9 5a3.2 3.2 0 1 0 0 6.4A3.2 3.2 0 0 0 9 5zM3 19.5c0-3.3 2.6-5.6 6-5.6s6 2.3 6 5.6M16 5.6a3 3 0 0 1 0 5.4M17.6 14.3"
    + "c2.1.7 3.4 2.6 3.4 5.2",
  network: "M5 3v4M5 10v4M5 17v4M19 10v4M5 5l14 7M5 12h14M5 19l14-7",
};

/** The sign of the class or of the network. @param {"class" | "network"} whose */
const sign = (whose) => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: SIGNS[whose] }));

/** What the signs mean. */
export const legend = () => /** @type {const} */ (["class", "network"]).map((whose) =>
  h("span", { class: `says ${whose}` }, sign(whose), t(`class.${whose}`)));

/**
 * A label of the class or of the network, with a sign of whose it is, and the word if there is room.
 * @param {"class" | "network"} whose
 * @param {string} label
 * @param {{ short?: boolean }} [options]
 */
export const says = (whose, label, { short = false } = {}) =>
  h("span", { class: `says ${whose}` }, sign(whose),
    h("span", { class: short ? "hidden" : "" }, `${t(`class.${whose}`)}: `), h("b", {}, label));
