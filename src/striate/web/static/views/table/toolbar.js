/** What stands above the table: where it begins, files, its name and classes, undo. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { notice } from "../../lib/notice.js";
import { state } from "../../lib/state.js";
import { withClasses } from "./edit.js";
import { kept } from "./kept.js";
import { read } from "./text.js";

/** @typedef {import("./edit.js").PlainTable} PlainTable */
/** @typedef {{ family: string, tables: { name: string, source: string }[] }} Family */
/**
 * @typedef {{
 *   open: (source: string) => Promise<void>, openFile: (file: File) => Promise<void>, save: () => void, undo: () => void,
 *   redo: () => void, reset: () => void, name: (name: string) => void, change: (table: PlainTable, focus: string) => void,
 * }} Does
 */

const UNITS = { name: "units", kind: "whole", choices: [], default: null, required: true };

/**
 * @param {Family[]} families
 * @param {Does} does
 * @returns {(HTMLElement | null)[]}
 */
export function toolbar(families, does) {
  const chosen = () => file.files?.[0] && does.openFile(file.files[0]).catch(notice).finally(() => (file.value = ""));
  const file = h("input", { type: "file", accept: ".toml", class: "hidden", id: "table-file", "aria-label": t("table.open.file"),
    tabIndex: -1, on: { change: chosen } });
  const press = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ click) =>
    h("button", { id: `table-${id}`, "data-cell": `table-${id}`, on: { click } }, label);
  const rename = (/** @type {any} */ event) => does.name(event.target.value);
  return [
    h("div", { class: "tools" },
      picker("first", t("table.start"), families, kept.source, does.open),
      file, press("open", t("table.open.file"), () => file.click()), press("save", t("table.save"), does.save),
      h("label", { class: "choice" }, h("span", {}, t("table.name")),
        h("input", { "data-cell": "name", value: kept.table.name, spellcheck: false, on: { input: rename } })),
      classes(does),
      press("undo", t("table.undo"), does.undo), press("redo", t("table.redo"), does.redo), press("reset", t("table.reset"), does.reset)),
    kept.table.source ? h("p", { class: "quiet source" }, String(kept.table.source)) : null,
  ];
}

/**
 * How many classes the last row tells apart, if that can be another number.
 * @param {Does} does
 */
function classes(does) {
  const last = kept.table.rows.at(-1);
  if (last?.type !== "Dense") return null;
  const change = (/** @type {any} */ event) => does.change(withClasses(kept.table, read(event.target.value, UNITS)), "classes");
  return h("label", { class: "choice" }, h("span", {}, t("table.classes")),
    h("input", { class: "short", "data-cell": "classes", inputMode: "numeric", value: last.units, on: { change } }));
}

/** The buttons that can do something now. @param {HTMLElement} root */
export function enable(root) {
  const can = { undo: kept.past.length > 0, redo: kept.future.length > 0, reset: kept.past.length > 0, save: Boolean(kept.answer?.toml) };
  for (const [id, enabled] of Object.entries(can)) {
    const button = root.querySelector(`#table-${id}`);
    if (button instanceof HTMLButtonElement) button.disabled = !enabled;
  }
}

/**
 * A choice of the tables that the server knows, those of its models first.
 * @param {string} id
 * @param {string} label
 * @param {Family[]} families
 * @param {string} chosen
 * @param {(source: string) => Promise<void>} pick
 * @param {string | null} [none] what it says when none is chosen
 * @returns {HTMLElement}
 */
export function picker(id, label, families, chosen, pick, none = null) {
  const option = (/** @type {string} */ source, /** @type {string} */ name, /** @type {string | null} */ title = null) =>
    h("option", { value: source, selected: source === chosen, title }, name);
  return h("label", { class: "choice" }, h("span", {}, label),
    h("select", { id: `table-${id}`, "data-cell": `table-${id}`,
      on: { change: (/** @type {any} */ event) => pick(event.target.value).catch(notice) } },
      none === null ? null : option("", none),
      chosen.startsWith("file:") ? option(chosen, chosen.slice("file:".length)) : null,
      h("optgroup", { label: t("table.models") }, state.models.map((model) => option(`model:${model.name}`, model.name))),
      families.map(({ family, tables }) => h("optgroup", { label: family },
        tables.map(({ name, source }) => option(`name:${name}`, name, source))))));
}
