/** What is to be trained: data, table, and of its recipe what people like to change. */

import { get } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { edited } from "../../lib/edited.js";
import { t } from "../../lib/language.js";

/**
 * @typedef {{ epochs: number, batch_size: number, learning_rate: number, seed: number }} Recipe
 * @typedef {{ data: string[], tables: Record<string, Recipe>, default: Recipe, trains: boolean }} Offered
 * @typedef {Recipe & { table: string | import("../../lib/edited.js").PlainTable, data: string }} Order
 */

/** @type {[keyof Recipe, Record<string, number | string>][]} */
const NUMBERS = [
  ["epochs", { min: 1, max: 1000, step: 1 }],
  ["batch_size", { min: 1, max: 4096, step: 1 }],
  ["learning_rate", { min: 1e-9, max: 100, step: "any" }],
  ["seed", { min: 0, max: 2 ** 31 - 1, step: 1 }],
];
const EDITED = ""; // no table is called so

/** @type {{ data: string, table: string | null, numbers: Partial<Record<keyof Recipe, string>> }} */
const kept = { data: "", table: null, numbers: {} };

/**
 * A form that `send` is told of; what the server refuses stands below its button. `busy` names the run that goes on.
 * @param {(order: Order) => Promise<void>} send
 * @returns {{ element: HTMLElement, busy: (name: string | null) => void }}
 */
export function orderForm(send) {
  const wrong = h("p", { class: "bad", role: "alert" });
  const waits = h("p", { class: "quiet" });
  const button = h("button", { class: "strong" }, t("train.start"));
  const data = h("select", { id: "train-data", on: { change: () => (kept.data = data.value) } });
  const table = h("select", { id: "train-table", on: { change: choose } });
  const numbers = NUMBERS.map(([name, limits]) =>
    h("input", { id: `train-${name}`, type: "number", required: true, ...limits,
      on: { input: (/** @type {any} */ event) => (kept.numbers[name] = event.target.value) } }));
  const element = h(
    "form",
    { class: "card train-form", "aria-label": t("train.new"), on: { submit } },
    h("h2", {}, t("train.new")),
    field(t("train.data"), data),
    field(t("train.table"), table),
    h("div", { class: "train-numbers" }, numbers.map((input, i) => field(t(`train.${NUMBERS[i][0]}`), input))),
    h("div", { class: "tools" }, button),
    wrong,
    waits,
  );
  /** @type {Offered | null} */
  let offered = null;
  let sending = false;
  let running = /** @type {string | null} */ (null);

  function choose() {
    kept.table = table.value;
    kept.numbers = {};
    setNumbers();
  }

  function setNumbers() {
    if (!offered) return;
    const own = table.value === EDITED ? edited()?.plain.recipe ?? {} : offered.tables[table.value];
    NUMBERS.forEach(([name], i) => {
      numbers[i].value = kept.numbers[name] ?? String(own[name] ?? /** @type {Offered} */ (offered).default[name]);
    });
  }

  async function submit(/** @type {Event} */ event) {
    event.preventDefault();
    sending = true;
    wrong.textContent = "";
    enable();
    try {
      const chosen = /** @type {Recipe} */ (Object.fromEntries(NUMBERS.map(([name], i) => [name, numbers[i].valueAsNumber])));
      await send({ table: table.value === EDITED ? edited()?.plain ?? "" : table.value, data: data.value, ...chosen });
    } catch (error) {
      wrong.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      sending = false;
      enable();
    }
  }

  function enable() {
    button.disabled = sending || running !== null || !offered?.trains;
    if (offered) waits.textContent = offered.trains ? running && t("train.busy", { name: running }) : t("train.nowhere");
  }

  void get("data").then((/** @type {Offered} */ found) => {
    offered = found;
    fill(data, found.data.map((name) => h("option", { value: name, selected: name === kept.data }, name)));
    const own = edited();
    const names = Object.keys(found.tables);
    const chosen = kept.table ?? (own ? EDITED : names[0]);
    fill(table, own ? h("option", { value: EDITED, selected: chosen === EDITED }, t("train.edited", { name: own.name })) : null,
      names.map((name) => h("option", { value: name, selected: name === chosen }, name)));
    if (table.value !== chosen) kept.numbers = {}; // the edited table is no more
    setNumbers();
    enable();
  }, (error) => (wrong.textContent = error.message));
  return {
    element,
    busy(name) {
      running = name;
      enable();
    },
  };
}

/**
 * @param {string} label
 * @param {HTMLElement} input
 */
const field = (label, input) => h("div", { class: "field" }, h("label", { htmlFor: input.id }, label), input);
