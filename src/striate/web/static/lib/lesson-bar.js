/** The bar above a view that a lesson opened: the way back, and what the lesson says to do there. */

import { h, replaceChildren } from "./dom.js";
import { t } from "./i18n.js";
import { lessonText } from "./lesson-text.js";
import { itemsOf, keepPlace, keptPlace, loadLesson } from "./lessons.js";
import { state } from "./state.js";
import { loadStyle } from "./style.js";

/** @import { Lesson, LessonPlace } from "./types.d.ts" */

const LONGEST = 320; // letters that the bar has room for
const back = h("a", { class: "back" });
const step = h("div", { class: "step", role: "status" }); // stays, so that a screen reader reads the next step
const tools = h("div", { class: "toolbar" });
const element = h("aside", { id: "lesson-bar" }, back, step, tools);
const { style } = document.documentElement;
/** The bar stays at the top while the page scrolls: what else sticks there, or gets the focus, stays below it. */
const measure = () => style.setProperty("--lesson", `${element.offsetHeight}px`);
new ResizeObserver(measure).observe(element);

/** Show the bar above a view; none above the lessons themselves. @param {string} view */
export async function showLessonBar(view) {
  const place = keptPlace();
  if (!place || view === "lessons") return hideLessonBar();
  const [lesson] = await Promise.all([loadLesson(place.lesson), loadStyle("lesson-bar")]);
  if (JSON.stringify(keptPlace()) !== JSON.stringify(place)) return; // it was closed meanwhile
  document.body.classList.add("in-lesson");
  if (!element.isConnected) document.getElementById("view")?.before(element);
  show(lesson, place);
  measure();
}

export function hideLessonBar() {
  element.remove();
  style.removeProperty("--lesson");
  document.body.classList.remove("in-lesson");
}

/** @param {Lesson} lesson @param {LessonPlace} place */
function show(lesson, place) {
  const { title, elements } = lesson.sections[place.section] ?? lesson.sections.do;
  const items = itemsOf(elements);
  const isDo = place.section === "do";
  const item = items[Math.min(place.item, items.length - 1)];
  const content = h("div", { class: "text" }, lessonText(typeof item === "string" ? [item] : item.children));
  const isLong = (content.textContent ?? "").length > LONGEST;
  const go = (/** @type {number} */ by) => {
    const next = { ...place, item: place.item + by };
    keepPlace(next);
    show(lesson, next);
    const button = tools.querySelector(by > 0 ? ".next:enabled" : ".previous:enabled") ?? tools.querySelector("button:enabled");
    /** @type {HTMLElement} */ (button).focus();
  };
  element.setAttribute("aria-label", t("lessons.bar.label"));
  back.href = state.lessons.lesson === lesson.number ? "#lessons" : `#lessons?lesson=${lesson.number}`; // with its exercise
  replaceChildren(back, h("span", { "aria-hidden": "true" }, "← "), t("lessons.bar.back", { number: lesson.number, title: lesson.title }));
  replaceChildren(step, h("strong", {}, isDo ? t("lessons.bar.step", { place: place.item + 1, count: items.length }) : title),
    !isLong && content);
  replaceChildren(tools,
    isDo && h("button", { class: "previous", disabled: place.item === 0, on: { click: () => go(-1) } }, t("lessons.bar.previous")),
    isDo && h("button", { class: "next", disabled: place.item >= items.length - 1, on: { click: () => go(1) } }, t("lessons.bar.next")),
    h("button", { class: "close", "aria-label": t("lessons.bar.close"), title: t("lessons.bar.close"), on: { click: close } }, "×"));
}

/** Hide the bar until a lesson opens a view again. */
function close() {
  keepPlace(null);
  hideLessonBar();
  document.getElementById("view")?.focus();
}
