/** The form of a new training: data, table, four fields of its recipe, and how many snapshots it keeps. */

import { get } from "../../lib/api.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { editedTable } from "../../lib/edited-table.js";
import { t } from "../../lib/i18n.js";
import { state } from "../../lib/state.js";

/** @import { EventOf, Recipe, RunDetail, TrainingOptions, TrainRequest } from "../../lib/types.d.ts" */

/** @type {[keyof Recipe, Record<string, number | string>][]} */
const NUMBERS = [
  ["epochs", { min: 1, max: 1000, step: 1 }],
  ["batch_size", { min: 1, max: 4096, step: 1 }],
  ["learning_rate", { min: 1e-9, max: 100, step: "any" }],
  ["seed", { min: 0, max: 2 ** 31 - 1, step: 1 }],
];
/**
 * What is trained if nothing is chosen: it goes from chance to 98 % in 900 steps, and reads what is drawn. Of the
 * page's ten digits in five pens it misreads 0 or 1 (three seeds); without distortions, 6 to 14.
 */
const FIRST = { table: "lenet5:distorted", data: "digits", numbers: { batch_size: "32" } };
const EDITED = ""; // the value of the edited table in the list: no table has this name

/**
 * @param {(request: TrainRequest) => Promise<void>} send an error of it is shown below the button
 * @returns {{
 *   element: HTMLElement, setRunning: (name: string | null) => void, retry: (run: RunDetail, learningRate: number) => void,
 * }} the button is disabled while a run trains; `retry` fills the form with a run that had another learning rate
 */
export function trainForm(send) {
  const saved = state.train;
  const error = h("p", { class: "error", role: "alert" });
  const hint = h("p", { class: "muted" });
  const passing = h("p", { class: "muted" });
  const button = h("button", { class: "primary" }, t("train.start"));
  const data = h("select", { id: "train-data", on: { change: () => (saved.data = data.value) } });
  const table = h("select", { id: "train-table", on: { change: () => {
    saved.table = table.value;
    saved.numbers = {};
    showNumbers();
  } } });
  const numbers = NUMBERS.map(([name, limits]) =>
    h("input", { id: `train-${name}`, type: "number", required: true, ...limits,
      on: { input: (/** @type {EventOf<HTMLInputElement>} */ event) => (saved.numbers[name] = event.target.value) } }));
  const snapshots = h("input", { id: "train-snapshots", type: "number", required: true, min: 0, max: 64, step: 1, value: saved.snapshots,
    on: { input: (/** @type {EventOf<HTMLInputElement>} */ event) => (saved.snapshots = event.target.value) } });
  const element = h(
    "form",
    { class: "card train-form", "aria-label": t("train.new"), on: { submit } },
    h("h2", {}, t("train.new")),
    h("p", { class: "muted explanation" }, t("train.first")),
    labelled(t("train.data"), data),
    labelled(t("train.table"), table),
    h("div", { class: "train-numbers" }, numbers.map((input, i) => labelled(t(`train.${NUMBERS[i][0]}`), input))),
    labelled(t("train.replay.number"), snapshots),
    h("div", { class: "toolbar" }, button),
    error,
    hint,
    passing,
  );
  /** @type {TrainingOptions | null} */
  let options = null;
  let sending = false;
  /** @type {string | null} */
  let running = null;

  /** The recipe of the chosen table, with what was typed. */
  function showNumbers() {
    if (!options) return;
    const { tables, default: defaults } = options;
    const recipe = table.value === EDITED ? editedTable()?.recipe ?? {} : tables[table.value];
    NUMBERS.forEach(([name], i) => (numbers[i].value = saved.numbers[name] ?? String(recipe[name] ?? defaults[name])));
  }

  async function submit(/** @type {Event} */ event) {
    event.preventDefault();
    sending = true;
    error.textContent = "";
    updateButton();
    try {
      const [epochs, batch_size, learning_rate, seed] = numbers.map((input) => input.valueAsNumber);
      const chosen = table.value === EDITED ? editedTable() ?? "" : table.value;
      await send({ table: chosen, data: data.value, epochs, batch_size, learning_rate, seed, replay: snapshots.valueAsNumber });
    } catch (reason) {
      error.textContent = reason instanceof Error ? reason.message : String(reason);
    } finally {
      sending = false;
      updateButton();
    }
  }

  function updateButton() {
    button.disabled = sending || running !== null || !options;
    if (options) hint.textContent = running && t("train.busy", { name: running });
  }

  void get("data").then((answer) => {
    options = answer;
    passing.textContent = answer.keeps ? "" : t("train.passing");
    const set = saved.data || FIRST.data;
    replaceChildren(data, answer.data.map((name) => h("option", { value: name, selected: name === set }, name)));
    const edited = editedTable();
    const names = Object.keys(answer.tables);
    const chosen = saved.table ?? (edited ? EDITED : FIRST.table);
    replaceChildren(table,
      edited ? h("option", { value: EDITED, selected: chosen === EDITED }, t("train.edited", { name: edited.name })) : null,
      names.map((name) => h("option", { value: name, selected: name === chosen }, name)));
    if (table.value !== chosen) saved.numbers = {}; // there is no edited table any more
    if (saved.table === null && !edited) saved.numbers = { ...FIRST.numbers, ...saved.numbers };
    showNumbers();
    updateButton();
  }, (reason) => (error.textContent = reason.message));
  return {
    element,
    setRunning(name) {
      running = name;
      updateButton();
    },
    retry(run, learningRate) {
      if (options && run.table in options.tables) table.value = saved.table = run.table;
      if (options?.data.includes(run.data)) data.value = saved.data = run.data;
      Object.assign(saved.numbers, { learning_rate: String(learningRate), epochs: String(run.epochs) });
      showNumbers();
      element.scrollIntoView({ block: "nearest" });
      button.focus();
    },
  };
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 */
const labelled = (label, input) => h("div", { class: "field" }, h("label", { htmlFor: input.id }, label), input);
