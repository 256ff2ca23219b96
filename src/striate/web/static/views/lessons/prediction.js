/** The prediction that a lesson begins with: one chooses or writes, and then the lesson goes on. */

import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { lessonText } from "../../lib/lesson-text.js";
import { keepPrediction, progressOf } from "./progress.js";

/** @import { Lesson } from "../../lib/types.d.ts" */

const LONGEST = 2000; // letters of a prediction

/**
 * The card of the prediction. `changed` is called when one is made or none is to be made; with false when it is to be changed.
 * @param {Lesson} lesson
 * @param {(isMade: boolean) => void} changed
 * @returns {HTMLElement}
 */
export function predictionCard(lesson, changed) {
  const part = h("div", {});
  const card = h("section", { class: "card predict" }, h("h2", {}, t("lessons.predict.title")), lessonText(lesson.predict), part);

  /** @param {string} prediction */
  function make(prediction) {
    keepPrediction(lesson.number, prediction);
    showMade(prediction);
    changed(true);
  }

  /** @param {string} prediction */
  function showMade(prediction) {
    replaceChildren(part, h("div", { class: "made" },
      h("p", {}, prediction ? [t("lessons.predict.made"), " ", h("strong", {}, prediction)] : t("lessons.predict.none")),
      h("button", { on: { click: () => {
        ask();
        /** @type {HTMLElement | null} */ (part.querySelector("input, textarea"))?.focus();
        changed(false);
      } } }, t("lessons.predict.change"))));
  }

  function ask() {
    const text = h("textarea", { rows: 2, maxLength: LONGEST, on: { input: follow } });
    const choices = lesson.choices.map((choice) => {
      const input = h("input", { type: "radio", name: "prediction", on: { change: follow } });
      return { input, label: h("label", {}, input, h("span", {}, lessonText(choice))) };
    });
    const chosen = () => choices.find(({ input }) => input.checked)?.label.textContent ?? "";
    const made = () => [chosen(), text.value.trim()].filter(Boolean).join(" — ");
    const commit = h("button", { class: "primary", disabled: true }, t("lessons.predict.commit"));
    function follow() {
      commit.disabled = !(choices.length ? chosen() : text.value.trim());
    }
    replaceChildren(part, h("form", { on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      if (made()) make(made());
    } } },
    choices.length > 0 && h("fieldset", {}, h("legend", {}, t("lessons.predict.choose")), choices.map(({ label }) => label)),
    h("label", { class: "write" }, h("span", {}, t(choices.length ? "lessons.predict.write.more" : "lessons.predict.write")), text),
    h("p", { class: "muted" }, t("lessons.predict.why")),
    h("div", { class: "toolbar" }, commit,
      h("button", { type: "button", on: { click: () => make("") } }, t("lessons.predict.skip")))));
  }

  const { prediction } = progressOf(lesson.number);
  if (prediction === null) ask();
  else showMade(prediction);
  return card;
}
