/** Table: the network as the notes' table. Every cell can be edited; the report follows while one types. */

import { get, post } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { forgetTable } from "../lib/edited-table.js";
import { addTexts, t } from "../lib/i18n.js";
import { readLink } from "../lib/link.js";
import { showError } from "../lib/notice.js";
import { saveFile } from "../lib/save-file.js";
import { shaded } from "../lib/scroll-shade.js";
import { state, watch } from "../lib/state.js";
import { applyDifference } from "../lib/table-difference.js";
import { comparisonCard } from "./table/compare.js";
import { drawingCard } from "./table/drawing.js";
import { flattenTable, innerLists, keyOf, putAt } from "./table/edit.js";
import { examples } from "./table/examples.js";
import { readTable } from "./table/files.js";
import { closedParents, tableGrid } from "./table/grid.js";
import { followKeys } from "./table/keyboard.js";
import { rowActions } from "./table/row-actions.js";
import { edit, isEdited, openTable, redo, undo } from "./table/store.js";
import { tableSelect, toolbar, updateButtons } from "./table/toolbar.js";
import { changes, totals } from "./table/totals.js";
import { en } from "../strings/table.en.js";
import { ko } from "../strings/table.ko.js";

/** @import { LinkedTable, SecondTable, TableActions, TableReport, ToolbarActions } from "../lib/types.d.ts" */

addTexts({ en, ko });

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const store = state.table;
  const bar = h("section", { class: "card bar", "aria-label": t("table.tools") });
  const sums = h("section", { class: "card sums", "aria-label": t("table.totals") });
  const differences = h("div", { class: "differences" });
  const fault = h("div", {});
  const comparison = comparisonCard(() => void chooseSecond("").then(() => redraw("table-second")));
  const rowEdits = rowActions(type, change, redraw);
  const grid = tableGrid(rowEdits, (fit) => change(putAt(store.table, fit.place, fit.value ?? undefined), keyOf(fit.place)));
  const drawing = drawingCard(showRow);
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
      drawing.show();
      await compare();
    } catch (error) {
      showError(error);
    }
  });

  function redraw(focus = document.activeElement?.getAttribute("data-cell") ?? "") {
    const focusedWithin = root.contains(document.activeElement);
    for (const place of closedParents()) store.open.add(keyOf(place));
    replaceChildren(bar, ...toolbar(store.catalog.families, toolbarActions), h("div", { class: "toolbar" },
      tableSelect("second", t("table.second"), store.catalog.families, store.second.source, chooseSecond, t("table.second.none")),
      examples(openExample)));
    grid.build(store.catalog.kinds);
    update();
    const cell = root.querySelector(`[data-cell="${CSS.escape(focus)}"]`);
    if (focus && cell instanceof HTMLElement) cell.focus();
    if (focusedWithin && !root.contains(document.activeElement)) root.focus({ preventScroll: true }); // keeps Ctrl+Z working
  }

  function update() {
    if (!store.report || !store.original) return;
    replaceChildren(sums, totals(store.report, store.original));
    replaceChildren(differences, changes(store.table, store.original.table));
    replaceChildren(fault, grid.update());
    updateButtons(root);
  }

  /** Open all combinators, or close them. @param {boolean} isOpen */
  function fold(isOpen) {
    const combinators = flattenTable(store.table).filter(({ row }) => innerLists(row).length);
    store.open = new Set(isOpen ? combinators.map(({ place }) => keyOf(place)) : []);
    redraw();
  }

  /** Show the row of a path in the grid, with those around it open. @param {string} path */
  function showRow(path) {
    const row = flattenTable(store.table).find((one) => one.path === path);
    if (!row) return;
    for (let i = 2; i < row.place.length; i++) store.open.add(keyOf(row.place.slice(0, i)));
    redraw();
    const line = grid.element.querySelector(`[data-place="${CSS.escape(keyOf(row.place))}"]`);
    line?.scrollIntoView({ block: "center" });
    line?.querySelector("input")?.focus({ preventScroll: true });
  }

  async function compare() {
    const [first, other] = [store.table, store.second.table];
    if (!other) return comparison.hide();
    if (store.report?.fault) return comparison.refuse();
    const answer = await post("compare", { first, second: other });
    if (first === store.table && other === store.second.table) comparison.show(answer); // else a newer one is requested
  }

  /** @param {string} source of a link it may be anything: what the server does not have is left out */
  async function chooseSecond(source) {
    /** @type {SecondTable} */
    const chosen = { source: isKnown(source) ? source : "", table: null };
    store.second = chosen;
    try {
      if (chosen.source) chosen.table = (await loadTable(source)).table;
    } finally {
      if (!unmounted && chosen === store.second) await compare();
    }
  }

  /**
   * Open a table when it is loaded, unless another one is requested in the meantime.
   * @param {string} source
   * @param {Promise<TableReport>} loading
   * @param {() => boolean} [isWanted] of a table that is opened because the model changes: it is no step of undo
   */
  async function open(source, loading, isWanted) {
    const request = ++requests;
    const report = await loading;
    if (unmounted || request !== requests || (isWanted && !isWanted())) return;
    openTable(source, report, { replaces: Boolean(isWanted) });
    redraw();
    drawing.show();
    await compare();
  }

  /** Open a pair of the notes' worked examples. @param {[string, string]} pair */
  async function openExample([first, other]) {
    await open(`name:${first}`, loadTable(`name:${first}`));
    await chooseSecond(`name:${other}`);
    redraw();
  }

  /** Open the table that a link names, with its edits; what does not fit is left out. */
  async function openLinked() {
    const { source, own, edits } = /** @type {LinkedTable} */ (store.linked);
    store.linked = null;
    try {
      await open(source, own ? loadOwn(own) : loadKnown(source));
    } catch {
      return store.original && redraw("");
    }
    const edited = applyDifference(store.table, edits);
    if (edited && JSON.stringify(edited) !== JSON.stringify(store.table)) change(edited, "");
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
    openFile: (file) => open(`file:${file.name}`, readTable(file)),
    save: () => saveFile(String(store.table.name), "toml", store.report?.toml ?? ""),
    undo: () => step(undo()),
    redo: () => step(redo()),
    reset: () => store.original && change(store.original.table, "table-reset"),
    rename: (name) => type(["name"], name),
    change,
  };

  replaceChildren(root, h("h1", {}, t("view.table")), h("p", { class: "muted explanation" }, t("table.why")),
    h("datalist", { id: "paddings" }, ["same", "valid"].map((value) => h("option", { value }))),
    bar, comparison.element, sums, drawing.element,
    h("section", { class: "card" },
      h("div", { class: "toolbar" },
        h("button", { id: "table-expand", on: { click: () => fold(true) } }, t("table.expand")),
        h("button", { id: "table-fold", on: { click: () => fold(false) } }, t("table.fold")), differences),
      fault, shaded(grid.element), h("p", { class: "muted explanation" }, t("table.keys"))));
  const stopKeys = followKeys(root, { undo: toolbarActions.undo, redo: toolbarActions.redo, move: rowEdits.move });
  const sumsHeight = new ResizeObserver(() => root.style.setProperty("--sums", `${sums.offsetHeight}px`)); // the header stays below it
  sumsHeight.observe(sums);
  grid.element.addEventListener("focusin", (event) => {
    if (grid.element.scrollHeight > grid.element.clientHeight) grid.element.scrollIntoView({ block: "nearest" });
    const place = event.target instanceof Element && event.target.closest("[data-place]")?.getAttribute("data-place");
    const row = place && flattenTable(store.table).find((one) => keyOf(one.place) === place);
    if (row) drawing.mark(row.path);
  });
  let stopWatching = () => {};

  async function start() {
    if (store.catalog.families.length === 0) store.catalog = await get("tables");
    if (unmounted) return;
    stopWatching = watch(() => void followModel().catch(showError));
    if (store.original) await redrawKept();
    if (store.linked) await openLinked();
    else if (store.original) {
      if (store.report?.toml) compare().catch(showError);
      else void send();
    }
    await followModel();
    // Of a link, or left while it loaded.
    if (!unmounted && store.second.source && !store.second.table) await chooseSecond(store.second.source);
  }

  /** Show the table that was kept; one that cannot be shown is damaged: it is forgotten, and the address says what to open. */
  async function redrawKept() {
    try {
      redraw("");
      drawing.show();
    } catch {
      followedModel = "";
      forgetTable();
      await readLink(location.hash);
    }
  }

  start().catch(showError);
  return () => {
    unmounted = true;
    stopWatching();
    stopKeys();
    drawing.unmount();
    sumsHeight.disconnect();
    root.style.removeProperty("--sums");
  };
}

/** Whether the table is the chosen model's, so that it changes with the model. */
const followsModel = () => !state.table.original || (state.table.source.startsWith("model:") && !isEdited());

/**
 * A table that the server knows.
 * @param {string} source "name:lenet5" or "model:lenet5"
 */
function loadTable(source) {
  const colon = source.indexOf(":");
  return get("table", { [source.slice(0, colon)]: source.slice(colon + 1) });
}

/** A table that this server knows by a link's word. An error if it does not. @param {string} source */
async function loadKnown(source) {
  if (!isKnown(source)) throw new Error(source);
  return loadTable(source);
}

/** @param {string} source */
function isKnown(source) {
  const named = state.table.catalog.families.flatMap(({ tables }) => tables.map(({ name }) => `name:${name}`));
  return [...named, ...state.models.map(({ name }) => `model:${name}`)].includes(source);
}

/** A possible table of a link. An error if it is not one. @param {unknown} table */
async function loadOwn(table) {
  const report = await post("table", table);
  if (report.fault || !report.table) throw new Error(report.fault?.line);
  return report;
}
