/** What a student has done, kept in this browser; what is damaged there counts as nothing. */

import { local } from "../../lib/storage.js";

/** @import { LessonEntry, LessonProgress } from "../../lib/types.d.ts" */

const KEY = "lessons";

/** @returns {Record<string, any>} */
function read() {
  try {
    return Object(JSON.parse(local.getItem(KEY) ?? "{}"));
  } catch {
    return {};
  }
}

/** @param {number} lesson @returns {LessonProgress} */
export function progressOf(lesson) {
  const { prediction, right } = Object(read()[lesson]);
  return {
    prediction: typeof prediction === "string" ? prediction : null,
    right: Array.isArray(right) ? right.filter(Number.isInteger) : [],
  };
}

/** @param {number} lesson @param {string | null} prediction "" if the student went on without one */
export const keepPrediction = (lesson, prediction) => keep(lesson, { ...progressOf(lesson), prediction });

/** @param {number} lesson @param {number} exercise its number in the lesson */
export function keepRight(lesson, exercise) {
  const progress = progressOf(lesson);
  keep(lesson, { ...progress, right: [...new Set([...progress.right, exercise])] });
}

export const forgetAll = () => local.setItem(KEY, "{}");

/** How many of a lesson's exercises were right. @param {LessonEntry} entry */
export const countRight = ({ number, exercises }) => progressOf(number).right.filter((place) => place >= 1 && place <= exercises).length;

/** @param {LessonEntry} entry */
export const isBegun = ({ number }) => progressOf(number).prediction !== null || progressOf(number).right.length > 0;

/** @param {LessonEntry} entry */
export const isDone = (entry) => countRight(entry) === entry.exercises;

/** @param {number} lesson @param {LessonProgress} progress */
function keep(lesson, progress) {
  local.setItem(KEY, JSON.stringify({ ...read(), [lesson]: progress }));
}
