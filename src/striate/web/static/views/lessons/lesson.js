/** One lesson: the prediction, and when that is made, what to do, what is to be seen, the notes' claims, exercises. */

import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { lessonText } from "../../lib/lesson-text.js";
import { keepPlace } from "../../lib/lessons.js";
import { state } from "../../lib/state.js";
import { addressOf } from "./contents.js";
import { exercisesCard } from "./exercises.js";
import { predictionCard } from "./prediction.js";
import { progressOf } from "./progress.js";

/** @import { Lesson, LessonEntry, LessonSection } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @param {Lesson} lesson
 * @param {LessonEntry[]} lessons
 */
export function showLesson(root, lesson, lessons) {
  const { number, title } = lesson;
  const rest = h("div", { class: "rest" });
  const isOpen = () => progressOf(number).prediction !== null || state.lessons.exercise !== null;

  /** Show what comes after the prediction. @param {boolean} isMade */
  function open(isMade) {
    if (!isMade) return replaceChildren(rest, h("p", { class: "muted" }, t("lessons.lesson.more")));
    const exercises = exercisesCard(lesson);
    const [compared, see] = [comparison(number), card("see")];
    if (compared) see.querySelector("h2")?.after(compared);
    replaceChildren(rest, card("do"), see, card("notes"), exercises.element, card("further"), neighbours());
    void exercises.load();
  }

  /** @param {LessonSection} name */
  function card(name) {
    const { title: heading, elements } = lesson.sections[name];
    const content = lessonText(elements);
    const items = itemsOf(content);
    const element = h("section", { class: `card ${name}` }, h("h2", { tabIndex: -1 }, heading), content);
    for (const link of element.querySelectorAll("a.lab:not([href^='#lessons'])")) {
      const item = items.findIndex((part) => part.contains(link));
      link.addEventListener("click", () => keepPlace({ lesson: number, section: name, item }));
    }
    return element;
  }

  function neighbours() {
    const before = lessons.find((other) => other.number === number - 1);
    const after = lessons.find((other) => other.number === number + 1);
    return h("nav", { class: "neighbours", "aria-label": t("lessons.contents.list") },
      before && h("a", { href: addressOf(before.number) }, arrow("← "), t("lessons.lesson.previous", { ...before })),
      after ? h("a", { class: "go", href: addressOf(after.number) }, t("lessons.lesson.next", { ...after }), arrow(" →"))
        : h("a", { class: "go", href: "#lessons?" }, t("lessons.lesson.contents")));
  }

  replaceChildren(
    root,
    h("p", { class: "trail" }, h("a", { href: "#lessons?" }, t("lessons.lesson.contents")), h("span", { class: "muted" },
      `${number} / ${lessons.length}`)),
    h("h1", {}, h("span", { class: "which" }, t("lessons.lesson.number", { number })), title),
    predictionCard(lesson, (isMade) => {
      open(isMade);
      if (isMade) rest.querySelector("h2")?.focus();
    }),
    rest,
  );
  open(isOpen());
}

/** @param {string} text */
const arrow = (text) => h("span", { "aria-hidden": "true" }, text);

/**
 * The parts of a section in the order of lib/lessons.js: the items of its lists, its other blocks.
 * @param {(HTMLElement | string)[]} content
 * @returns {Node[]}
 */
const itemsOf = (content) =>
  content.flatMap((part) => {
    if (!(part instanceof HTMLElement)) return [];
    return ["OL", "UL"].includes(part.tagName) ? [...part.children] : [part];
  });

/** What was predicted, above what is to be seen. @param {number} number */
function comparison(number) {
  const { prediction } = progressOf(number);
  return prediction && h("p", { class: "compare" }, t("lessons.predict.compare"), " ", h("strong", {}, prediction));
}
