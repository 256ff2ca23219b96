/** The keyboard in the table: undo and redo, a row moved, the cell above or below. */

/** @typedef {import("./edit.js").Place} Place */

/**
 * @param {HTMLElement} root
 * @param {{ undo: () => void, redo: () => void, move: (place: Place, by: number) => void }} does
 * @returns {() => void} what ends it
 */
export function followKeys(root, does) {
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (letter === "z" || letter === "y")) {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) does.redo();
      else does.undo();
      return;
    }
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const line = event.target instanceof HTMLElement ? event.target.closest("tr.line") : null;
    if (!by || !line) return;
    if (event.altKey) {
      event.preventDefault();
      const place = line.getAttribute("data-place");
      if (place) does.move(place.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)), by);
    } else if (event.target instanceof HTMLInputElement) {
      event.preventDefault();
      inColumn(root, event.target, by)?.select();
    }
  };
  root.addEventListener("keydown", press);
  return () => root.removeEventListener("keydown", press);
}

/**
 * The next text field of the same column, upwards or downwards.
 * @param {HTMLElement} root
 * @param {HTMLInputElement} from
 * @param {number} by
 * @returns {HTMLInputElement | undefined}
 */
function inColumn(root, from, by) {
  const column = from.closest("[data-column]")?.getAttribute("data-column");
  const place = column ? `[data-column="${column}"]` : "th.layer";
  const cells = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll(`tr.line ${place} input`)]);
  return cells[cells.indexOf(from) + by];
}
