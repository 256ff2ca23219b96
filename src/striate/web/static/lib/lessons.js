/** The lessons as the server has them, each loaded once in each language; and the place from which a view was opened. */

import { get } from "./api.js";
import { addTexts, language } from "./i18n.js";
import { session } from "./storage.js";
import { en } from "../strings/lessons.en.js";
import { ko } from "../strings/lessons.ko.js";

/** @import { Lesson, LessonElement, LessonPlace, LessonSection } from "./types.d.ts" */

addTexts({ en, ko });

const PLACE = "lesson";

/** @type {Map<string, Promise<Lesson>>} */
const loading = new Map();

/** A lesson in the reader's language; one that failed to load is tried again the next time. @param {number} number */
export function loadLesson(number) {
  const key = `${language()} ${number}`;
  const request = loading.get(key) ?? get("lesson", { lesson: number });
  loading.set(key, request);
  request.catch(() => loading.delete(key));
  return request;
}

/**
 * The parts of a section that a link may stand in: its paragraphs, the items of its lists.
 * @param {LessonElement[]} elements
 * @returns {LessonElement[]}
 */
export const itemsOf = (elements) =>
  elements.flatMap((element) => (typeof element !== "string" && /^[ou]l$/.test(element.tag) ? element.children : [element]));

/** Remember the place from which a view is opened, or that there is none any more. @param {LessonPlace | null} place */
export const keepPlace = (place) => session.setItem(PLACE, place ? JSON.stringify(place) : "");

/** The place from which the view was opened; null without one. @returns {LessonPlace | null} */
export function keptPlace() {
  try {
    const { lesson, section, item } = JSON.parse(session.getItem(PLACE) || "{}");
    return Number.isInteger(lesson) && Number.isInteger(item) ? { lesson, section: /** @type {LessonSection} */ (section), item } : null;
  } catch {
    return null;
  }
}
