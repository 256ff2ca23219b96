/** The edits of rows: their fields and types, and rows added, moved and removed. */

import { state } from "../../lib/state.js";
import { convertRow, insertAt, keyOf, moveRow, nameRow, putAt, removeAt, rowAt, rowsAt } from "./edit.js";

/** @import { PlainTable, TableActions } from "../../lib/types.d.ts" */

/**
 * The edits of rows.
 * @param {TableActions["edit"]} type
 * @param {(table: PlainTable, focus: string) => void} change
 * @param {() => void} redraw
 * @returns {TableActions}
 */
export function rowActions(type, change, redraw) {
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
      const [list, index] = [place.slice(0, -1), Number(place[place.length - 1])];
      const siblings = rowsAt(store.table, list);
      const before = keyOf([...list, index - 1]);
      const maps = store.report?.summary.rows.find((row) => keyOf(row.place) === before)?.output[0];
      const row = nameRow(store.catalog.kinds[to].fresh, siblings, maps);
      change(putAt(store.table, list, [...siblings.slice(0, index), row, ...siblings.slice(index)]), `${keyOf(place)}.name`);
    },
    addBranch: (place) => change(insertAt(store.table, place, [store.catalog.kinds.Conv.fresh]), ""),
    toggle: (what, place) => {
      const shown = store[what];
      if (!shown.delete(keyOf(place))) shown.add(keyOf(place));
      redraw();
    },
  };
}
