/** The table that was edited in Table, for Train to train. */

/** @typedef {Record<string, any>} PlainTable a table as `tables.toml.to_plain` writes it */
/** @typedef {{ plain: PlainTable, name: string }} Edited a possible table; `name` is its own */

/** @type {Edited | null} */
let table = null;

/** The edited table, or null while none differs from the one it began as, or while it is impossible. */
export const edited = () => table;

/** @param {Edited | null} now */
export function setEdited(now) {
  table = now;
}
