/** The keyboard in the table: undo and redo, moving a row, going to the cell above or below. */

/** @import { Place } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @param {{ undo: () => void, redo: () => void, move: (place: Place, by: number) => void }} actions
 * @returns {() => void} stops it
 */
export function followKeys(root, actions) {
  const keyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    const letter = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (letter === "z" || letter === "y")) {
      event.preventDefault();
      if (letter === "y" || event.shiftKey) actions.redo();
      else actions.undo();
      return;
    }
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const line = event.target instanceof HTMLElement ? event.target.closest("tr.line") : null;
    if (!by || !line) return;
    if (event.altKey) {
      event.preventDefault();
      const place = line.getAttribute("data-place");
      if (place) actions.move(place.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)), by);
    } else if (event.target instanceof HTMLInputElement) {
      event.preventDefault();
      inputInColumn(root, event.target, by)?.select();
    }
  };
  root.addEventListener("keydown", keyDown);
  return () => root.removeEventListener("keydown", keyDown);
}

/**
 * The text field above or below in the same column.
 * @param {HTMLElement} root
 * @param {HTMLInputElement} from
 * @param {number} by
 * @returns {HTMLInputElement | undefined}
 */
function inputInColumn(root, from, by) {
  const column = from.closest("[data-column]")?.getAttribute("data-column");
  const cell = column ? `[data-column="${column}"]` : "th.layer";
  const inputs = /** @type {HTMLInputElement[]} */ ([...root.querySelectorAll(`tr.line ${cell} input`)]);
  return inputs[inputs.indexOf(from) + by];
}
