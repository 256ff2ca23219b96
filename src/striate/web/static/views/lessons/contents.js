/** The table of contents: the lessons in the notes' order, and how far the student has come. */

import { h, replaceChildren } from "../../lib/dom.js";
import { language, t } from "../../lib/i18n.js";
import { countRight, forgetAll, isBegun, isDone } from "./progress.js";

/** @import { LessonEntry } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @param {LessonEntry[]} lessons
 */
export function showContents(root, lessons) {
  const next = lessons.find((lesson) => !isDone(lesson));
  const isNew = !lessons.some(isBegun);
  const status = h("span", { role: "status", class: "muted" });
  const forget = h("button", { on: { click: () => {
    if (!confirm(t("lessons.contents.forget.sure"))) return;
    forgetAll();
    showContents(root, lessons);
    const [said, button] = [root.querySelector(".kept [role=status]"), root.querySelector(".kept button")];
    if (said) said.textContent = t("lessons.contents.forgotten");
    if (button instanceof HTMLElement) button.focus();
  } } }, t("lessons.contents.forget"));
  replaceChildren(
    root,
    h("h1", {}, t("lessons.contents.title")),
    h("p", { class: "lead" }, t("lessons.contents.lead")),
    h("p", {}, next
      ? h("a", { class: "go", href: addressOf(next.number) },
        isNew ? t("lessons.contents.begin") : t("lessons.contents.continue", { number: next.number }))
      : h("strong", { class: "success" }, t("lessons.contents.done"))),
    h("nav", { "aria-label": t("lessons.contents.list") }, h("ol", { class: "contents" }, lessons.map(entry))),
    h("p", {}, h("a", { href: "#lessons?claim=all" }, t("lessons.contents.ledger"))),
    h("section", { class: "paper" }, h("p", { class: "muted" }, t("lessons.contents.paper")), h("pre", {},
      h("code", {}, paperCommand(next?.number ?? 1)))),
    h("div", { class: "kept" }, h("p", { class: "muted" }, t("lessons.contents.kept")), h("div", { class: "toolbar" }, forget, status)),
  );
}

/** @param {number} number */
export const addressOf = (number) => `#lessons?lesson=${number}`;

/** The command that writes a lesson's exercises for printing. @param {number} number */
export const paperCommand = (number) =>
  `striate exercises --lesson ${number} --sheets 30${language() === "ko" ? " --language ko" : ""} --out sheets`;

/** @param {LessonEntry} lesson */
function entry(lesson) {
  const [right, count] = [countRight(lesson), lesson.exercises];
  const state = isDone(lesson) ? "finished" : isBegun(lesson) ? "begun" : "new";
  return h("li", {}, h("a", { href: addressOf(lesson.number), class: state },
    h("span", { class: "number", "aria-hidden": "true" }, state === "finished" ? "✓" : String(lesson.number)),
    h("span", { class: "title" },
      h("span", { class: "hidden" }, `${t("lessons.lesson.number", { number: lesson.number })}: `), lesson.title),
    h("span", { class: "state" }, t(`lessons.contents.${state}`),
      state === "begun" && right > 0 && `, ${t("lessons.contents.right", { right, count })}`)));
}
