/** The exercises of a lesson: they are drawn from a seed, and the answers marked, where the lesson comes from. */

import { get, post } from "../../lib/api.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { state } from "../../lib/state.js";
import { paperCommand } from "./contents.js";
import { keepRight, progressOf } from "./progress.js";

/** @import { Exercise, Lesson, Solution } from "../../lib/types.d.ts" */

const SEEDS = 9999; // a seed is drawn from as many at most, so that neighbours get different numbers

/**
 * @param {Lesson} lesson
 * @returns {{ element: HTMLElement, load: () => Promise<void> }}
 */
export function exercisesCard(lesson) {
  const place = state.lessons;
  const tabs = h("div", { class: "toolbar tabs", role: "group", "aria-label": t("lessons.exercise.choose") });
  const body = h("div", { class: "exercise" });
  const element = h("section", { class: "card exercises" }, h("h2", { tabIndex: -1 }, t("lessons.exercise.title")), tabs, body,
    h("div", { class: "paper" }, h("p", { class: "muted" }, t("lessons.exercise.paper")),
      h("pre", {}, h("code", {}, paperCommand(lesson.number)))));
  const count = lesson.exercises.length;
  const number = () => Math.min(place.exercise ?? 1, count);
  let requests = 0;

  /** Show another exercise, or the same with other numbers, and go to its answer. @param {number} exercise @param {number} seed */
  async function go(exercise, seed) {
    Object.assign(place, { exercise, seed });
    await load();
    body.querySelector("input")?.focus();
  }

  async function load() {
    const request = ++requests;
    place.seed = (place.seed ?? 1 + Math.floor(Math.random() * SEEDS)) % lesson.seeds;
    const query = { lesson: lesson.number, exercise: number(), seed: place.seed };
    showTabs();
    try {
      const exercise = await get("exercise", query);
      if (request === requests) show(exercise, query);
    } catch (error) {
      showError(error);
    }
  }

  function showTabs() {
    const { right } = progressOf(lesson.number);
    const focused = tabs.contains(document.activeElement);
    replaceChildren(tabs, ...lesson.exercises.map((title, index) =>
      h("button", { "aria-pressed": String(index + 1 === number()), on: { click: () => void go(index + 1, place.seed ?? 1) } },
        right.includes(index + 1)
          && [h("span", { "aria-hidden": "true" }, "✓ "), h("span", { class: "hidden" }, `${t("lessons.exercise.right")}: `)],
        t("lessons.exercise.number", { place: index + 1, title }))));
    if (focused) /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-pressed=true]"))?.focus();
  }

  /** @param {Exercise} exercise @param {{ lesson: number, exercise: number, seed: number }} query */
  function show({ question, grids }, query) {
    let isSolved = false;
    const input = h("input", { id: "answer", type: "text", autocomplete: "off", maxLength: 200, spellcheck: false,
      "aria-describedby": "question" });
    const status = h("p", { role: "status", class: "verdict-line" });
    const shown = h("div", { class: "solution", tabIndex: -1 });
    const reveal = h("button", { type: "button", on: { click: () => showSolution().then(() => shown.focus(), showError) } },
      t("lessons.exercise.solution"));
    const another = h("button", { type: "button", on: { click: () => void go(query.exercise, (query.seed + 1) % lesson.seeds) } },
      t("lessons.exercise.another"));
    const following = h("button", { type: "button", class: "primary", hidden: true,
      on: { click: () => void go(query.exercise + 1, query.seed) } }, t("lessons.exercise.following"));

    async function showSolution() {
      isSolved = true; // what is right from now on is no answer of one's own
      reveal.hidden = true;
      replaceChildren(shown, ...solutionText(await get("solution", query)));
    }

    async function check() {
      if (!input.value.trim()) {
        setText(status, t("lessons.exercise.empty"));
        return input.focus();
      }
      const { right, readable, says } = await post("exercise", { answer: input.value }, query);
      status.className = `verdict-line ${right ? "success" : readable ? "error" : ""}`;
      replaceChildren(status, readable && h("span", { "aria-hidden": "true" }, right ? "✓ " : "✗ "), says);
      if (!right) return input.select();
      if (!isSolved) keepRight(query.lesson, query.exercise);
      showTabs();
      following.hidden = query.exercise >= count;
      await showSolution();
      (following.hidden ? another : following).focus();
    }

    replaceChildren(body,
      h("div", { id: "question" }, h("p", { class: "question" }, question),
        grids.length > 0 && h("div", { class: "grids" }, grids.map(grid))),
      h("form", { class: "toolbar", on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        check().catch(showError);
      } } },
      h("label", { htmlFor: "answer" }, t("lessons.exercise.answer")), input,
      h("button", { class: "primary" }, t("lessons.exercise.check"))),
      status, shown,
      h("div", { class: "toolbar" }, following, reveal, another,
        h("span", { class: "muted seed" }, t("lessons.exercise.seed", { seed: query.seed }))));
  }

  return { element, load };
}

/** @param {{ title: string, rows: string[][] }} grid */
const grid = ({ title, rows }) =>
  h("div", { class: "table-box", tabIndex: 0 }, h("table", { class: "grid" }, h("caption", {}, title),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));

/** @param {Solution} solution */
const solutionText = ({ key, solution, mistakes }) => [
  h("p", {}, h("strong", {}, t("lessons.exercise.key", { key }))),
  h("p", {}, solution),
  mistakes.length > 0 && h("details", {}, h("summary", {}, t("lessons.exercise.mistakes")),
    h("dl", {}, mistakes.flatMap(({ answer, says }) => [h("dt", {}, answer), h("dd", {}, says)]))),
];
