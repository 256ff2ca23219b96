/** Above the table: the table to start from, files, its name and classes, undo. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { state } from "../../lib/state.js";
import { withClasses } from "./edit.js";
import { parseField } from "./format.js";
import { isEdited } from "./store.js";

/** @import { EventOf, Field, TableFamily, ToolbarActions } from "../../lib/types.d.ts" */

/** @type {Field} */
const UNITS = { name: "units", kind: "whole", choices: [], default: null, required: true };

/**
 * @param {TableFamily[]} families
 * @param {ToolbarActions} actions
 * @returns {(HTMLElement | null)[]}
 */
export function toolbar(families, actions) {
  const { table, source } = state.table;
  const openFile = () => file.files?.[0] && actions.openFile(file.files[0]).catch(showError).finally(() => (file.value = ""));
  const file = h("input", { type: "file", accept: ".toml", class: "hidden", id: "table-file", "aria-label": t("table.open.file"),
    tabIndex: -1, on: { change: openFile } });
  const button = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ click) =>
    h("button", { id: `table-${id}`, "data-cell": `table-${id}`, on: { click } }, label);
  const rename = (/** @type {EventOf<HTMLInputElement>} */ event) => actions.rename(event.target.value);
  return [
    h("div", { class: "toolbar" },
      tableSelect("first", t("table.start"), families, source, actions.open),
      file, button("open", t("table.open.file"), () => file.click()), button("save", t("table.save"), actions.save),
      h("label", { class: "choice" }, h("span", {}, t("table.name")),
        h("input", { "data-cell": "name", value: table.name, spellcheck: false, on: { input: rename } })),
      classesInput(actions),
      button("undo", t("table.undo"), actions.undo), button("redo", t("table.redo"), actions.redo),
      button("reset", t("table.reset"), actions.reset)),
    table.source ? h("p", { class: "muted source" }, table.source) : null,
  ];
}

/**
 * The number of classes, if the last row has units.
 * @param {ToolbarActions} actions
 */
function classesInput(actions) {
  const { rows } = state.table.table;
  const last = rows[rows.length - 1];
  if (last?.type !== "Dense") return null;
  const change = (/** @type {EventOf<HTMLInputElement>} */ event) =>
    actions.change(withClasses(state.table.table, parseField(event.target.value, UNITS)), "classes");
  return h("label", { class: "choice" }, h("span", {}, t("table.classes")),
    h("input", { class: "short", "data-cell": "classes", inputMode: "numeric", value: last.units, on: { change } }));
}

/** Enable the buttons that can be used now. @param {HTMLElement} root */
export function updateButtons(root) {
  const { past, future, report } = state.table;
  const enabled = { undo: past.length > 0, redo: future.length > 0, reset: isEdited(), save: Boolean(report?.toml) };
  for (const [id, isEnabled] of Object.entries(enabled)) {
    const button = root.querySelector(`#table-${id}`);
    if (button instanceof HTMLButtonElement) button.disabled = !isEnabled;
  }
}

/**
 * A list of the tables that the server knows, those of its models first.
 * @param {string} id
 * @param {string} label
 * @param {TableFamily[]} families
 * @param {string} selected
 * @param {(source: string) => Promise<void>} onSelect
 * @param {string | null} [placeholder]
 * @returns {HTMLElement}
 */
export function tableSelect(id, label, families, selected, onSelect, placeholder = null) {
  const option = (/** @type {string} */ source, /** @type {string} */ name, /** @type {string | null} */ title = null) =>
    h("option", { value: source, selected: source === selected, title }, name);
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => onSelect(event.target.value).catch(showError);
  return h("label", { class: "choice" }, h("span", {}, label),
    h("select", { id: `table-${id}`, "data-cell": `table-${id}`, on: { change } },
      placeholder === null ? null : option("", placeholder),
      selected.startsWith("file:") ? option(selected, selected.slice("file:".length)) : null,
      h("optgroup", { label: t("table.models") }, state.models.map((model) => option(`model:${model.name}`, model.name))),
      families.map(({ family, tables }) => h("optgroup", { label: family },
        tables.map(({ name, source }) => option(`name:${name}`, name, source))))));
}
