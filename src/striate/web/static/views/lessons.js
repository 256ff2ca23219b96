/** Lessons: the course. Its table of contents, one lesson, or the ledger of the notes' claims. */

import { get } from "../lib/api.js";
import { h, replaceChildren } from "../lib/dom.js";
import { language, t } from "../lib/i18n.js";
import { hideLessonBar } from "../lib/lesson-bar.js";
import { loadLesson } from "../lib/lessons.js";
import { showError } from "../lib/notice.js";
import { state } from "../lib/state.js";
import { showContents } from "./lessons/contents.js";
import { showLedger } from "./lessons/ledger.js";
import { showLesson } from "./lessons/lesson.js";

/** @import { Language, LessonEntry } from "../lib/types.d.ts" */

/** @type {Map<Language, LessonEntry[]>} */
const entries = new Map();
/** How far each part was scrolled when it was left, for Back. @type {Map<string, number>} */
const scrolled = new Map();

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const { lesson, claim } = state.lessons;
  const part = JSON.stringify([lesson, claim]);
  let unmounted = false;

  async function show() {
    if (claim) {
      const { claims } = await get("claims");
      return unmounted || showLedger(root, claims);
    }
    const lessons = entries.get(language()) ?? (await get("lessons")).lessons;
    entries.set(language(), lessons);
    const found = lessons.find(({ number }) => number === lesson);
    if (!found) return unmounted || showContents(root, lessons);
    const loaded = await loadLesson(found.number);
    if (!unmounted) showLesson(root, loaded, lessons);
  }

  /** As far down as it was left; an exercise of a link is shown at once. Later: the page first sets the focus. */
  function scroll() {
    const exercises = state.lessons.exercise === null ? null : root.querySelector(".exercises");
    const before = scrolled.get(part);
    if (before !== undefined) scrollTo(0, before);
    else exercises?.scrollIntoView();
  }

  hideLessonBar(); // before the page is scrolled
  replaceChildren(root, h("h1", { class: "hidden" }, t("view.lessons")));
  show().then(() => requestAnimationFrame(() => unmounted || scroll()), showError);
  return () => {
    scrolled.set(part, scrollY);
    unmounted = true;
  };
}
