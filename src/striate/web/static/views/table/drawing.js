/** The table as a drawing in the style of the papers, which follows the edits; a drawn row leads to its row in the table. */

import { post } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren, svg } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { state } from "../../lib/state.js";

/** @import { DrawnElement } from "../../lib/types.d.ts" */

/** What a drawing is made of; anything else is left out. */
const TAGS = /** @type {(keyof SVGElementTagNameMap)[]} */ (
  ["svg", "title", "defs", "marker", "g", "rect", "circle", "path", "polygon", "text"]);
const PAUSE = 300; // milliseconds without another edit, so that a drawing does not hold up the numbers
const LEAST_SCALE = 0.7;
const NARROW = 700; // pixels: a narrower page begins with the table
const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 });

/**
 * @param {(path: string) => void} onChoose a drawn row is chosen
 * @returns {{ element: HTMLElement, show: () => void, mark: (path: string) => void, unmount: () => void }} `show` draws the
 *   present table soon, `mark` marks the drawn row of a path, or the one that it is inside of
 */
export function drawingCard(onChoose) {
  const paper = h("div", { class: "paper", role: "group", "aria-label": t("table.drawing") });
  const details = h("details", { open: state.table.drawn ?? innerWidth >= NARROW, on: { toggle } },
    h("summary", {}, t("table.drawing")), h("p", { class: "muted explanation" }, t("table.drawing.why")), paper);
  const element = h("section", { class: "card drawing" }, details);
  /** @type {object | null} */
  let drawn = null;
  let isShown = false;
  let unmounted = false;
  let marked = "";
  /** @type {number | undefined} */
  let timer;

  const draw = coalesce(async () => {
    const { table, report } = state.table;
    if (unmounted || !details.open || drawn === table || !report?.toml) return;
    try {
      const { drawing } = await post("drawing", table);
      if (unmounted || table !== state.table.table) return;
      drawn = table;
      paint(drawing);
    } catch (error) {
      if (!unmounted) showError(error);
    }
  });

  /** @param {DrawnElement} drawing */
  function paint(drawing) {
    const focused = paper.contains(document.activeElement) ? document.activeElement?.getAttribute("data-path") : null;
    const picture = /** @type {SVGSVGElement} */ (build(drawing));
    const width = Number(drawing[1].width);
    picture.style.minWidth = `${LEAST_SCALE * width}px`;
    picture.style.maxWidth = `${width}px`;
    replaceChildren(paper, picture);
    rows().forEach((row, i) => row.setAttribute("tabindex", i ? "-1" : "0"));
    mark(marked);
    if (focused) focus(rows().find((row) => row.getAttribute("data-path") === focused));
  }

  /** @returns {SVGElement[]} */
  const rows = () => [...paper.querySelectorAll("[data-path]")].map((row) => /** @type {SVGElement} */ (row));

  /** One drawn row is a stop of the Tab key; the arrows lead to the others. @param {SVGElement | undefined} row */
  function focus(row) {
    if (!row) return;
    for (const other of rows()) other.setAttribute("tabindex", other === row ? "0" : "-1");
    row.focus();
  }

  /** @param {string} path */
  function mark(path) {
    marked = path;
    const drawnPath = rows().map(pathOf).filter((one) => path === one || path.startsWith(`${one}.`)).sort((a, b) => b.length - a.length)[0];
    for (const row of rows()) row.classList.toggle("marked", pathOf(row) === drawnPath);
    const row = rows().find((one) => pathOf(one) === drawnPath);
    if (row && !paper.contains(document.activeElement)) scrollWithin(paper, row);
  }

  function toggle() {
    state.table.drawn = details.open;
    if (isShown) show();
  }

  function show() {
    isShown = true;
    clearTimeout(timer);
    timer = setTimeout(draw, drawn ? PAUSE : 0);
  }

  const choose = (/** @type {Event} */ event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-path]") : null;
    if (row) onChoose(pathOf(row));
  };
  paper.addEventListener("click", choose);
  paper.addEventListener("keydown", (event) => {
    const all = rows();
    const at = all.findIndex((row) => row === event.target);
    if (event.key === "Enter" || event.key === " ") choose(event);
    else if (STEPS[event.key] && at >= 0) focus(all[at + STEPS[event.key]]);
    else return;
    event.preventDefault();
  });
  return { element, show, mark, unmount: () => (unmounted = true) };
}

/** @param {Element} row */
const pathOf = (row) => row.getAttribute("data-path") ?? "";

/**
 * The elements of a drawing, built one by one: the names of rows stay text.
 * @param {DrawnElement} drawn
 * @returns {SVGElement}
 */
function build([tag, attributes, content]) {
  const name = TAGS.find((one) => one === tag) ?? "g";
  const others = { ...attributes, role: /** @type {string | undefined} */ (undefined), xmlns: undefined };
  if (attributes["data-path"] && typeof content !== "string") others.role = "button"; // its name is its title
  return svg(name, others, typeof content === "string" ? content : content.map(build));
}

/**
 * Scroll a box, and nothing around it, so that an element in it can be seen.
 * @param {HTMLElement} box
 * @param {Element} element
 */
function scrollWithin(box, element) {
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) box.scrollTop += (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
  if (inner.left < outer.left || inner.right > outer.right) box.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
}
