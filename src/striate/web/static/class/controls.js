/** What the teacher sets: the figure that is asked for, and whether drawings are taken. */

import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

/** @import { ClassBoard } from "../lib/types.d.ts" */

/** @param {(path: string, document: unknown) => Promise<void>} change */
export function controls(change) {
  let shown = "";
  const figures = h("div", { class: "figures", role: "group", "aria-labelledby": "ask" });
  const pause = h("button", { id: "pause" });
  const element = h("section", { class: "card controls" }, h("h2", { id: "ask" }, t("class.ask")), figures, pause);

  /** @param {ClassBoard} board */
  function show({ labels, asked, open }) {
    const state = JSON.stringify([labels, asked, open]);
    if (state === shown) return;
    shown = state;
    const focused = [...figures.children].indexOf(/** @type {Element} */ (document.activeElement));
    const button = (/** @type {number | null} */ label, /** @type {string} */ text) =>
      h("button", { "aria-pressed": String(label === asked), on: { click: () => void change("board/ask", { label }) } }, text);
    replaceChildren(figures, button(null, t("class.ask.any")), ...labels.map((text, label) => button(label, text)));
    if (focused >= 0) /** @type {HTMLElement} */ (figures.children[focused]).focus();
    pause.textContent = t(open ? "class.pause" : "class.resume");
    pause.onclick = () => void change("board/open", { open: !open });
    pause.classList.toggle("primary", !open);
  }

  return { element, show };
}
