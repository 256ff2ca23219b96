/**
 * What the Lessons view asks for: the lessons and claims as they were written beforehand, and exercises that were drawn beforehand for
 * some seeds and are marked here; striate/web/lab/lessons.py and packed_exercises.py.
 */

import { isSameAnswer, readAnswer, shownAnswer } from "./marking.js";
import { RequestError, queryInt } from "./query.js";

/** @import { Backend, DrawnExercise, ExercisesDocument, Query, Routes, Said } from "./types.d.ts" */
/** @import { Language } from "../lib/types.d.ts" */

const NONE = { seeds: 0, marking: {}, mistakes: [], texts: [], exercises: {} };

/** @type {Routes} */
export const lessonsRoutes = {
  "GET lesson": (backend, query, _body, language) => {
    const number = lessonOf(backend, query, language);
    return { ...backend.documents.get(`${language} lesson?lesson=${number}`), seeds: exercisesOf(backend).seeds };
  },
  "GET exercise": (backend, query, _body, language) => {
    const { title, question, grids } = drawn(backend, query, language);
    return { title: title[language], question, grids };
  },
  "POST exercise": (backend, query, document, language) => {
    const exercise = drawn(backend, query, language);
    if (typeof document?.answer !== "string") throw new RequestError('expected {"answer": a text}');
    return verdict(exercise, document.answer, exercisesOf(backend), language);
  },
  "GET solution": (backend, query, _body, language) => {
    const { key, form, solution, mistakes } = drawn(backend, query, language);
    return {
      key: shownAnswer(key, form), solution,
      mistakes: mistakes.map((mistake) => ({ answer: shownAnswer(mistake.answer, form), says: mistake[language] })),
    };
  },
};

/** @param {Backend} backend @returns {ExercisesDocument} */
const exercisesOf = ({ documents }) => documents.get("exercises") ?? NONE;

/** The number of a lesson in a query. @param {Backend} backend @param {Query} query @param {Language} language */
function lessonOf({ documents }, query, language) {
  const { lessons } = documents.get(`${language} lessons`) ?? { lessons: [] };
  return queryInt(query, "lesson", 1, lessons.length);
}

/**
 * The exercise that a query names.
 * @param {Backend} backend
 * @param {Query} query
 * @param {Language} language
 * @returns {DrawnExercise}
 */
function drawn(backend, query, language) {
  const { exercises, mistakes, seeds, texts } = exercisesOf(backend);
  const lesson = lessonOf(backend, query, language);
  const count = Object.keys(exercises).filter((name) => name.startsWith(`${lesson} `)).length;
  const { title, form, grids, drawn: all } = exercises[`${lesson} ${queryInt(query, "exercise", 1, count)}`];
  const [words, key, wrong, ...rows] = all[queryInt(query, "seed", 0, seeds - 1)];
  const [question, solution] = pairs(words.split("|"), texts).map((pair) => pair[language]);
  return {
    title, form, question, key, solution,
    grids: grids.map((names, index) => ({ title: names[language], rows: rows[index].split("/").map((row) => row.split(" ")) })),
    mistakes: wrong.map(([place, ...answer]) => ({ ...mistakes[place], answer })),
  };
}

/**
 * Texts in both languages with their numbers; the second has those of the first if it has none of its own.
 * @param {string[]} packed
 * @param {string[]} texts
 * @returns {Said[]}
 */
function pairs(packed, texts) {
  const filled = (/** @type {string} */ index, /** @type {string[]} */ numbers) => {
    let next = 0;
    return texts[Number(index)].replace(/#/g, () => numbers[next++]);
  };
  return Array.from({ length: packed.length / 2 }, (_, pair) => {
    const [first, ...numbers] = packed[2 * pair].split(" "), [second, ...own] = packed[2 * pair + 1].split(" ");
    return { en: filled(first, numbers), ko: filled(second, own.length ? own : numbers) };
  });
}

/**
 * The verdict on what a student wrote.
 * @param {DrawnExercise} exercise
 * @param {string} text
 * @param {ExercisesDocument} document
 * @param {Language} language
 */
function verdict({ form, key, mistakes }, text, { marking }, language) {
  const answer = readAnswer(text, form, key.length);
  const right = answer !== null && isSameAnswer(answer, key);
  const mistake = answer && !right ? mistakes.find((one) => isSameAnswer(answer, one.answer)) : undefined;
  const example = key.map((_, index) => index + 2).join(", ");
  const says = mistake ?? (answer ? marking[right ? "right" : "wrong"] : marking[form]);
  return {
    right, readable: answer !== null, misconception: mistake?.name ?? null,
    says: says[language].replace("{count}", String(key.length)).replace("{example}", example),
  };
}
