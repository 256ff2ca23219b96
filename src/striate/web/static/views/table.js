/** Table: the network as the notes' table. Every cell can be edited; the report follows while one types. */

import { get, post } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { state, watch } from "../lib/state.js";
import { showComparison } from "./table/compare.js";
import { convertRow, insertAt, keyOf, moveRow, nameRow, putAt, removeAt, rowAt, rowsAt } from "./table/edit.js";
import { readFile, saveFile } from "./table/files.js";
import { closedParents, tableGrid } from "./table/grid.js";
import { followKeys } from "./table/keyboard.js";
import { edit, openTable, redo, undo } from "./table/store.js";
import { tableSelect, toolbar, updateButtons } from "./table/toolbar.js";
import { changes, totals } from "./table/totals.js";

/** @import { PlainTable, SecondTable, TableActions, TableReport, ToolbarActions } from "../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const store = state.table;
  const bar = h("section", { class: "card bar", "aria-label": t("table.tools") });
  const sums = h("section", { class: "card", "aria-label": t("table.totals") });
  const comparison = h("div", { class: "comparison-tables" });
  const second = h("section", { class: "card" });
  const rowActions = actions(type, change, redraw);
  const grid = tableGrid(rowActions, (fit) => change(putAt(store.table, fit.place, fit.value ?? undefined), keyOf(fit.place)));
  let unmounted = false;
  let requests = 0;
  let followedModel = store.model;

  /** Typing in a cell. @type {TableActions["edit"]} */
  function type(place, value) {
    edit(putAt(store.table, place, value), keyOf(place));
    updateButtons(root);
    void send();
  }

  /** Any other edit; `focus` names the cell to focus. @type {ToolbarActions["change"]} */
  function change(table, focus) {
    edit(table);
    redraw(focus);
    void send();
  }

  const send = coalesce(async () => {
    try {
      const sent = store.table;
      const report = await post("table", sent);
      if (sent !== store.table) return; // a newer table is sent next
      store.report = report;
      if (unmounted) return;
      if (closedParents().length) redraw();
      else update();
      await compare();
    } catch (error) {
      showError(error);
    }
  });

  function redraw(focus = document.activeElement?.getAttribute("data-cell") ?? "") {
    const focusedWithin = root.contains(document.activeElement);
    for (const place of closedParents()) store.open.add(keyOf(place));
    replaceChildren(bar, ...toolbar(store.catalog.families, toolbarActions));
    replaceChildren(second, h("h2", {}, t("table.compare")), h("p", { class: "muted" }, t("table.compare.why")),
      tableSelect("second", t("table.second"), store.catalog.families, store.second.source, chooseSecond, t("table.second.none")),
      comparison);
    grid.build(store.catalog.kinds);
    update();
    const cell = root.querySelector(`[data-cell="${CSS.escape(focus)}"]`);
    if (focus && cell instanceof HTMLElement) cell.focus();
    if (focusedWithin && !root.contains(document.activeElement)) root.focus({ preventScroll: true }); // keeps Ctrl+Z working
  }

  function update() {
    if (!store.report || !store.original) return;
    replaceChildren(sums, totals(store.report, store.original), changes(store.table, store.original.table), grid.update());
    updateButtons(root);
  }

  async function compare() {
    const [first, other] = [store.table, store.second.table];
    if (!other) return replaceChildren(comparison);
    if (store.report?.fault) return replaceChildren(comparison, h("p", { class: "muted" }, t("table.impossible")));
    const answer = await post("compare", { first, second: other });
    if (first === store.table && other === store.second.table) showComparison(comparison, answer); // else a newer one is requested
  }

  /** @param {string} source */
  async function chooseSecond(source) {
    /** @type {SecondTable} */
    const chosen = { source, table: null };
    store.second = chosen;
    try {
      if (source) chosen.table = (await loadTable(source)).table;
    } finally {
      if (!unmounted && chosen === store.second) await compare();
    }
  }

  /**
   * Open a table when it is loaded, unless another one is requested in the meantime.
   * @param {string} source
   * @param {Promise<TableReport>} loading
   * @param {() => boolean} [isWanted]
   */
  async function open(source, loading, isWanted = () => true) {
    const request = ++requests;
    const report = await loading;
    if (unmounted || request !== requests || !isWanted()) return;
    openTable(source, report);
    redraw();
    await compare();
  }

  /** Open the table of a newly chosen model, unless the present table is edited or not a model's. */
  async function followModel() {
    if (state.model === followedModel) return;
    followedModel = state.model;
    const source = `model:${followedModel}`;
    if (followsModel()) await open(source, loadTable(source), followsModel);
  }

  const step = (/** @type {boolean} */ done) => {
    if (!done) return;
    redraw();
    void send();
  };
  /** @type {ToolbarActions} */
  const toolbarActions = {
    open: (source) => open(source, loadTable(source)),
    openFile: (file) => open(`file:${file.name}`, readFile(file).then((toml) => post("table", { toml }))),
    save: () => saveFile(String(store.table.name), store.report?.toml ?? ""),
    undo: () => step(undo()),
    redo: () => step(redo()),
    reset: () => store.original && change(store.original.table, "table-reset"),
    rename: (name) => type(["name"], name),
    change,
  };

  replaceChildren(root, h("h1", {}, t("view.table")), h("p", { class: "muted" }, t("table.why")),
    h("datalist", { id: "paddings" }, ["same", "valid"].map((value) => h("option", { value }))),
    bar, sums, h("section", { class: "card" }, grid.element, h("p", { class: "muted" }, t("table.keys"))), second);
  const stopKeys = followKeys(root, { undo: toolbarActions.undo, redo: toolbarActions.redo, move: rowActions.move });
  let stopWatching = () => {};

  async function start() {
    if (store.catalog.families.length === 0) store.catalog = await get("tables");
    if (unmounted) return;
    stopWatching = watch(() => void followModel().catch(showError));
    if (store.original) {
      redraw("");
      if (store.second.source && !store.second.table) chooseSecond(store.second.source).catch(showError); // left while it loaded
      else if (store.report?.toml) compare().catch(showError);
      if (!store.report?.toml) void send();
    }
    await followModel();
  }

  start().catch(showError);
  return () => {
    unmounted = true;
    stopWatching();
    stopKeys();
  };
}

/** Whether the table is the chosen model's, so that it changes with the model. */
const followsModel = () =>
  !state.table.original || (state.table.source.startsWith("model:") && !state.table.past.length);

/**
 * A table that the server knows.
 * @param {string} source "name:lenet5" or "model:lenet5"
 */
function loadTable(source) {
  const colon = source.indexOf(":");
  return get("table", { [source.slice(0, colon)]: source.slice(colon + 1) });
}

/**
 * The edits of rows.
 * @param {TableActions["edit"]} type
 * @param {(table: PlainTable, focus: string) => void} change
 * @param {() => void} redraw
 * @returns {TableActions}
 */
function actions(type, change, redraw) {
  const store = state.table;
  return {
    edit: type,
    set: (place, value) => change(putAt(store.table, place, value), ""),
    setType: (place, to) => {
      const { fresh, fields } = store.catalog.kinds[to];
      change(putAt(store.table, place, convertRow(rowAt(store.table, place), fresh, fields)), `${keyOf(place)}.type`);
    },
    move: (place, by) => {
      const cell = document.activeElement?.getAttribute("data-cell") ?? "";
      const moved = moveRow(store.table, place, by);
      if (moved) change(moved.table, cell.replace(keyOf(place), keyOf(moved.place)));
    },
    remove: (place) => change(removeAt(store.table, place), `${keyOf(place)}.name`),
    add: (place, to) => {
      const [list, index] = [place.slice(0, -1), Number(place.at(-1))];
      const siblings = rowsAt(store.table, list);
      const before = keyOf([...list, index - 1]);
      const maps = store.report?.summary.rows.find((row) => keyOf(row.place) === before)?.output[0];
      const row = nameRow(store.catalog.kinds[to].fresh, siblings, maps);
      change(putAt(store.table, list, siblings.toSpliced(index, 0, row)), `${keyOf(place)}.name`);
    },
    addBranch: (place) => change(insertAt(store.table, place, [store.catalog.kinds.Conv.fresh]), ""),
    toggle: (what, place) => {
      const shown = store[what];
      if (!shown.delete(keyOf(place))) shown.add(keyOf(place));
      redraw();
    },
  };
}
