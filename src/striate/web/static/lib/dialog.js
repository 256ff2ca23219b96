/** A dialog over the page. Safari has <dialog> since 15.4; before, an element that does the same. */

import { h } from "./dom.js";

let dialogs = 0;

/**
 * Show a dialog: its heading, what is in it. Escape closes it; then the focus is where it was.
 * @param {string} title
 * @param {(Node | null | false)[]} children
 * @returns {{ element: HTMLElement, close: () => void, closed: Promise<void> }}
 */
export function showDialog(title, children) {
  const id = `dialog-${++dialogs}`;
  const before = document.activeElement;
  const element = h("dialog", { class: "stack", "aria-labelledby": id }, h("h2", { id }, title), ...children);
  document.body.append(element);
  const isNative = typeof element.showModal === "function";
  /** @type {() => void} */
  let done;
  const closed = /** @type {Promise<void>} */ (new Promise((resolve) => (done = resolve))).then(() => {
    removeEventListener("keydown", pressed, true);
    element.remove();
    if (before instanceof HTMLElement) before.focus();
  });
  const close = () => (isNative ? element.close() : done());

  /** What a native dialog does by itself. @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key === "Escape") close();
    if (event.key !== "Tab") return;
    const inside = [...element.querySelectorAll("button, input, select, a, textarea")];
    const last = inside[event.shiftKey ? 0 : inside.length - 1];
    if (element.contains(document.activeElement) && document.activeElement !== last) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (inside[event.shiftKey ? inside.length - 1 : 0])?.focus();
  }

  if (isNative) {
    element.addEventListener("close", () => done());
    element.showModal();
  } else {
    for (const [name, value] of Object.entries({ role: "dialog", "aria-modal": "true", open: "" })) element.setAttribute(name, value);
    addEventListener("keydown", pressed, true);
    /** @type {HTMLElement | null} */ (element.querySelector("input, button"))?.focus();
  }
  return { element, close, closed };
}
