/** Table: the network as the notes' table, every cell editable; what follows from it changes as one types. */

import { get, latest, post } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { state, watch } from "../lib/state.js";
import { showBeside } from "./table/beside.js";
import { at, converted, inserted, key, moved, named, put, removed } from "./table/edit.js";
import { save, textOf } from "./table/files.js";
import { closedAround, grid } from "./table/grid.js";
import { begin, edit, kept, redo, told, undo } from "./table/kept.js";
import { followKeys } from "./table/keys.js";
import { enable, picker, toolbar } from "./table/toolbar.js";
import { changes, totals } from "./table/totals.js";

/** @typedef {import("./table/edit.js").Place} Place */
/** @typedef {import("./table/edit.js").PlainTable} PlainTable */
/** @typedef {import("./table/rows.js").Act} Act */
/** @typedef {{ families: import("./table/toolbar.js").Family[], kinds: import("./table/edit.js").Kinds }} Catalog */

/** @type {Catalog} */
let catalog = { families: [], kinds: {} };

/** The model that was chosen when the table was begun. */
let followed = "";

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const bar = h("section", { class: "card bar", "aria-label": t("table.tools") });
  const sums = h("section", { class: "card sums", "aria-label": t("table.totals") });
  const beside = h("div", { class: "beside-tables" });
  const second = h("section", { class: "card" });
  const act = actions(type, change, redraw);
  let gone = false;
  let asked = 0;
  let wanted = followed;
  const table = grid(act, (fit) => change(put(kept.table, fit.place, fit.value ?? undefined), key(fit.place)));

  /** A cell was typed into. @type {Act["edit"]} */
  function type(place, value) {
    edit(put(kept.table, place, value), key(place));
    enable(root);
    void send();
  }

  /** Another table after an edit; `focus` is the cell that has the focus then. @type {(table: PlainTable, focus: string) => void} */
  function change(table, focus) {
    edit(table);
    redraw(focus);
    void send();
  }

  const send = latest(async () => {
    try {
      const sent = kept.table;
      const answer = await post("table", sent);
      if (sent !== kept.table) return; // it is asked again already
      told(answer);
      if (gone) return;
      if (closedAround().length) redraw();
      else update();
      await compare();
    } catch (error) {
      notice(error);
    }
  });

  function redraw(focus = document.activeElement?.getAttribute("data-cell") ?? "") {
    const within = root.contains(document.activeElement);
    for (const place of closedAround()) kept.open.add(key(place));
    fill(bar, ...toolbar(catalog.families, does));
    fill(second, h("h2", {}, t("table.beside")), h("p", { class: "quiet" }, t("table.beside.why")),
      picker("second", t("table.second"), catalog.families, kept.second.source, choose, t("table.second.none")), beside);
    table.build(catalog.kinds);
    update();
    const cell = root.querySelector(`[data-cell="${CSS.escape(focus)}"]`);
    if (focus && cell instanceof HTMLElement) cell.focus();
    if (within && !root.contains(document.activeElement)) root.focus({ preventScroll: true }); // where Ctrl+Z is heard
  }

  function update() {
    if (!kept.answer || !kept.original) return;
    fill(sums, totals(kept.answer, kept.original), changes(kept.table, kept.original.table), table.update());
    enable(root);
  }

  async function compare() {
    const [first, other] = [kept.table, kept.second.table];
    if (!other) return fill(beside);
    if (kept.answer?.fault) return fill(beside, h("p", { class: "quiet" }, t("table.impossible")));
    const found = await post("compare", { first, second: other });
    if (first === kept.table && other === kept.second.table) showBeside(beside, found); // or else it is asked again already
  }

  async function choose(/** @type {string} */ source) {
    /** @type {typeof kept.second} */
    const own = { source, table: null };
    kept.second = own;
    try {
      if (source) own.table = (await known(source)).table;
    } finally {
      if (!gone && own === kept.second) await compare();
    }
  }

  /**
   * Begin with a table that comes, unless another is asked for meanwhile.
   * @param {string} source
   * @param {Promise<any>} coming
   * @param {() => boolean} [still] whether it is still to be begun with
   */
  async function start(source, coming, still = () => true) {
    const own = ++asked;
    const answer = await coming;
    if (gone || own !== asked || !still()) return;
    begin(source, answer);
    followed = state.model;
    redraw();
    await compare();
  }

  /** When another model is chosen, its table, unless the one that is here is no model's or was edited. */
  async function follow() {
    if (state.model === wanted) return;
    wanted = state.model;
    const source = `model:${wanted}`;
    if (follows()) await start(source, known(source), follows);
  }

  const step = (/** @type {boolean} */ done) => {
    if (!done) return;
    redraw();
    void send();
  };
  const does = {
    open: (/** @type {string} */ source) => start(source, known(source)),
    openFile: (/** @type {File} */ file) => start(`file:${file.name}`, textOf(file).then((toml) => post("table", { toml }))),
    save: () => save(String(kept.table.name), kept.answer?.toml ?? ""),
    undo: () => step(undo()),
    redo: () => step(redo()),
    reset: () => kept.original && change(kept.original.table, "table-reset"),
    name: (/** @type {string} */ name) => type(["name"], name),
    change,
  };

  fill(root, h("h1", {}, t("view.table")), h("p", { class: "quiet" }, t("table.why")),
    h("datalist", { id: "paddings" }, ["same", "valid"].map((value) => h("option", { value }))),
    bar, sums, h("section", { class: "card" }, table.element, h("p", { class: "quiet" }, t("table.keys"))), second);
  const endKeys = followKeys(root, { undo: does.undo, redo: does.redo, move: act.move });
  let end = () => {};
  void ready().then(async () => {
    if (gone) return;
    end = watch(() => void follow().catch(notice));
    if (kept.original) {
      redraw("");
      if (kept.second.source && !kept.second.table) choose(kept.second.source).catch(notice); // the last view did not wait for it
      else if (kept.answer?.toml) compare().catch(notice);
      if (!kept.answer?.toml) void send();
    }
    await follow();
  }).catch(notice);
  return () => {
    gone = true;
    end();
    endKeys();
  };
}

/** Whether the table is the chosen model's if another is chosen. */
const follows = () => !kept.original || (kept.source.startsWith("model:") && !kept.past.length);

async function ready() {
  if (catalog.families.length === 0) catalog = await get("tables");
}

/**
 * A table that the server knows.
 * @param {string} source "name:lenet5" or "model:lenet5"
 * @returns {Promise<any>}
 */
function known(source) {
  const colon = source.indexOf(":");
  return get("table", { [source.slice(0, colon)]: source.slice(colon + 1) });
}

/**
 * What can be done to rows.
 * @param {Act["edit"]} type
 * @param {(table: PlainTable, focus: string) => void} change
 * @param {() => void} redraw
 * @returns {Act}
 */
function actions(type, change, redraw) {
  return {
    edit: type,
    set: (place, value) => change(put(kept.table, place, value), ""),
    retype: (place, kind) => {
      const { fresh, fields } = catalog.kinds[kind];
      change(put(kept.table, place, converted(at(kept.table, place), fresh, fields)), `${key(place)}.type`);
    },
    move: (place, by) => {
      const cell = document.activeElement?.getAttribute("data-cell") ?? "";
      const found = moved(kept.table, place, by);
      if (found) change(found.table, cell.replace(key(place), key(found.place)));
    },
    remove: (place) => change(removed(kept.table, place), `${key(place)}.name`),
    add: (place, kind) => {
      const list = place.slice(0, -1);
      const beside = at(kept.table, list) ?? [];
      const before = key([...list, Number(place.at(-1)) - 1]);
      const maps = kept.answer?.summary.rows.find((row) => key(row.place) === before)?.output[0];
      const row = named(catalog.kinds[kind].fresh, beside, maps);
      change(put(kept.table, list, beside.toSpliced(Number(place.at(-1)), 0, row)), `${key(place)}.name`);
    },
    addBranch: (place) => change(inserted(kept.table, place, [catalog.kinds.Conv.fresh]), ""),
    toggle: (what, place) => {
      const shown = kept[what];
      if (!shown.delete(key(place))) shown.add(key(place));
      redraw();
    },
  };
}
