/** The table itself: drawn when its rows are others, written into when only numbers are. */

import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { COLUMNS } from "./cells.js";
import { at, every, key } from "./edit.js";
import { kept } from "./kept.js";
import { lines, SPAN } from "./rows.js";
import { by, read } from "./text.js";
import { faultPanel } from "./totals.js";

/** @typedef {import("./edit.js").Place} Place */
/** @typedef {import("./rows.js").Act} Act */
/** @typedef {import("./rows.js").Now} Now */
/** @typedef {import("./kept.js").Fit} Fit */

const SIZE = { name: "input", kind: "pair", choices: [], default: null, required: true };

/**
 * @param {Act} act
 * @param {(fit: Fit) => void} apply a value that would fit was chosen
 * @returns {{ element: HTMLElement, build: (kinds: import("./edit.js").Kinds) => void, update: () => HTMLElement | null }} `update`
 *   returns what is wrong if no row is to blame
 */
export function grid(act, apply) {
  const body = h("tbody", {});
  const column = (/** @type {typeof COLUMNS[number]} */ name) => h("th", { scope: "col", class: `column-${name}` }, t(`table.${name}`));
  const element = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("table.title") },
    h("table", { class: "network" }, h("caption", { class: "hidden" }, t("table.keys")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "layer" }, t("table.layer")), COLUMNS.map(column),
        h("th", {}, h("span", { class: "hidden" }, t("table.tools"))))), body));
  /** @type {((now: Now) => void)[]} */
  let updates = [];
  return {
    element,
    build(kinds) {
      updates = [];
      fill(body, inputLine(act), lines(kept.table, { kinds, act, open: kept.open, more: kept.more, updates }));
    },
    update() {
      const now = reports();
      for (const one of updates) one(now);
      return showFault(body, apply);
    },
  };
}

/** What was worked out for each row, now and for the original's row of the same path. @returns {Now} */
function reports() {
  const { answer, original, table } = kept;
  const found = new Map(told(answer).map((row) => [key(row.place), row]));
  const before = new Map(told(original).map((row) => [row.path, { row: at(original?.table, row.place), told: row }]));
  const paths = new Map(every(table).map(({ place, path }) => [key(place), path]));
  return { table, told: (place) => found.get(key(place)), original: (place) => before.get(paths.get(key(place)) ?? "") };
}

/** @param {import("./kept.js").Answer | null} answer */
const told = (answer) => (answer ? [...answer.summary.rows, ...answer.summary.heads.flatMap((head) => head.rows)] : []);

/**
 * The input as the first row.
 * @param {Act} act
 */
function inputLine(act) {
  const [channels, ...size] = kept.table.input;
  const cell = (/** @type {"maps" | "size"} */ column, /** @type {any} */ value, /** @type {(typed: any) => any[]} */ made) =>
    h("td", { "data-column": column }, h("input", { "data-cell": `input.${column}`, value, autocomplete: "off",
      "aria-label": t("table.cell", { row: t("table.input"), field: t(`table.${column}`) }),
      on: { input: (/** @type {any} */ event) => act.edit(["input"], made(read(event.target.value, SIZE))) } }));
  return h("tr", { class: "line input" },
    h("th", { scope: "row", class: "layer" }, "In"), h("td", {}, t("table.input")),
    cell("maps", channels, (typed) => [typed, ...kept.table.input.slice(1)]),
    cell("size", by(size), (typed) => [kept.table.input[0], ...(Array.isArray(typed) ? typed : [typed, typed])]),
    h("td", { colSpan: SPAN - 4 }));
}

/**
 * The closed rows around the one to blame, which have to be open to show it.
 * @returns {Place[]}
 */
export function closedAround() {
  return around().slice(0, -1).filter((place) => !kept.open.has(key(place)));
}

/** The row to blame, and those around it, from the outside in. @returns {Place[]} */
function around() {
  const place = kept.answer?.fault?.place ?? [];
  return every(kept.table).map((found) => found.place).filter((row) => key(place.slice(0, row.length)) === key(row));
}

/**
 * What is wrong, below its row; returned if it is no row's.
 * @param {HTMLElement} body
 * @param {(fit: Fit) => void} apply
 * @returns {HTMLElement | null}
 */
function showFault(body, apply) {
  body.querySelectorAll(".fault-line").forEach((line) => line.remove());
  body.querySelectorAll("[aria-invalid]").forEach((cell) => cell.removeAttribute("aria-invalid"));
  const fault = kept.answer?.fault;
  if (!fault) return null;
  const panel = faultPanel(fault, kept.table, kept.about, apply);
  body.querySelector(`[data-cell="${CSS.escape(key(fault.place))}"]`)?.setAttribute("aria-invalid", "true");
  const place = around().at(-1);
  const line = place && body.querySelector(`[data-place="${CSS.escape(key(place))}"]`);
  if (!line) return panel;
  line.after(h("tr", { class: "fault-line" }, h("td", { colSpan: SPAN }, panel)));
  return null;
}
