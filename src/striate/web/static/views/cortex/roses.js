/** All units of a layer as small roses, their tuning curves around a circle, to choose one from. */

import { decodeBase64 } from "../../lib/canvas.js";
import { h, replaceChildren, svg } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";

/** @import { CortexState, Tuning } from "../../lib/types.d.ts" */

const SHOWN = 96; // at first: a layer may have thousands of units
const RADIUS = 20;
const STEPS = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 });

/**
 * @param {CortexState} experiment its `order` changes here
 * @param {(unit: number) => void} onChoose
 * @returns {{ element: HTMLElement, show: (tuning: Tuning) => void }}
 */
export function unitRoses(experiment, onChoose) {
  const order = h("select", { id: "order", on: { change: () => {
    experiment.order = order.value === "selectivity" ? "selectivity" : "number";
    built = null;
    if (shown) show(shown);
  } } }, h("option", { value: "number" }, t("cortex.order.number")), h("option", { value: "selectivity" }, t("cortex.order.selectivity")));
  const list = h("div", { class: "roses", role: "group", "aria-label": t("cortex.roses") });
  const more = h("button", { hidden: true, on: { click: () => {
    all = true;
    built = null;
    if (shown) show(shown);
  } } });
  /** @type {Tuning | null} */
  let shown = null;
  /** The answer whose roses are built. @type {string | null} */
  let built = null;
  let all = false;

  /** @param {Tuning} tuning */
  function show(tuning) {
    shown = tuning;
    order.value = experiment.order;
    if (built !== tuning.roses) build(tuning);
    const buttons = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const button of buttons) {
      const isChosen = Number(button.dataset.unit) === tuning.unit;
      button.setAttribute("aria-pressed", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
    }
    if (buttons.length && !buttons.some((button) => button.tabIndex === 0)) buttons[0].tabIndex = 0;
  }

  /** @param {Tuning} tuning */
  function build(tuning) {
    const focused = list.contains(document.activeElement);
    built = tuning.roses;
    const { selectivities } = tuning;
    const units = selectivities.map((_, unit) => unit);
    if (experiment.order === "selectivity") units.sort((one, other) => selectivities[other] - selectivities[one] || one - other);
    const bytes = decodeBase64(tuning.roses);
    const count = tuning.orientations.length;
    const few = all ? units : units.slice(0, SHOWN);
    replaceChildren(list, few.map((unit) =>
      rose(unit, bytes.subarray(unit * count, (unit + 1) * count), selectivities[unit], () => onChoose(unit))));
    more.hidden = few.length === units.length;
    more.textContent = t("cortex.roses.all", { count: formatNumber(units.length) });
    if (focused) list.querySelector(`[data-unit="${tuning.unit}"]`)?.closest("button")?.focus();
  }

  list.addEventListener("keydown", (event) => {
    const buttons = /** @type {HTMLElement[]} */ ([...list.children]);
    const next = buttons[buttons.findIndex((button) => button === document.activeElement) + STEPS[event.key]];
    if (!STEPS[event.key] || !next) return;
    event.preventDefault();
    next.focus();
  });
  return {
    element: h("div", {}, h("p", { class: "muted explanation" }, t("cortex.roses.why")),
      h("div", { class: "toolbar" }, h("label", { class: "choice" }, h("span", {}, t("cortex.order")), order)), list, more),
    show,
  };
}

/**
 * @param {number} unit
 * @param {Uint8Array} shares of the largest response, 255 for it
 * @param {number} selectivity
 * @param {() => void} click
 */
function rose(unit, shares, selectivity, click) {
  const isSilent = shares.every((share) => share === 0);
  const value = formatNumber(selectivity, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const label = t(isSilent ? "cortex.rose.silent" : "cortex.rose", { unit, selectivity: value });
  return h("button", { class: "rose", "data-unit": unit, title: label, on: { click } },
    svg("svg", { viewBox: "-22 -22 44 44", "aria-hidden": "true" },
      svg("circle", { class: "ring", r: RADIUS }), isSilent ? null : svg("path", { d: outline(shares) })),
    h("span", { class: "hidden" }, label),
    h("span", { "aria-hidden": "true" }, String(unit)),
    h("span", { class: "selectivity", "aria-hidden": "true" }, isSilent ? "–" : value));
}

/** The curve around a circle, twice: an orientation is the same after half a turn. @param {Uint8Array} shares */
function outline(shares) {
  const points = Array.from({ length: 2 * shares.length }, (_, i) => {
    const [angle, radius] = [(Math.PI * i) / shares.length, (RADIUS * shares[i % shares.length]) / 255];
    return `${(Math.cos(angle) * radius).toFixed(1)},${(-Math.sin(angle) * radius).toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}
