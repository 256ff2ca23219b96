/** The figure of Draw: the network as a diagram, the prediction, and one unit that is looked at or whose sum is open. */

import { get } from "../../lib/api.js";
import { colorBar } from "../../lib/color-bar.js";
import { h, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { rowsUpTo } from "../../lib/network-geometry.js";
import { withNote } from "../../lib/picture-note.js";
import { state } from "../../lib/state.js";
import { classBars } from "./class-bars.js";
import { networkDiagram } from "./diagram.js";
import { movedUnit } from "./keys.js";
import { unitPanel } from "./unit-panel.js";

/** @import { LayersResponse, Network, Picture } from "../../lib/types.d.ts" */

const FIRST = [0, 0, 0];

/**
 * @param {() => Picture} picture
 * @param {() => void} onUnfold other rows are shown now, whose maps are not there yet
 * @param {() => void} [onSelect] the sum of another unit is open now, or that of none
 */
export function networkFigure(picture, onUnfold, onSelect = () => {}) {
  const selection = state.network;
  /** The network in the diagram. @type {Network | null} */
  let network = null;
  /** The unit that is looked at. @type {{ path: string, unit: number[] } | null} */
  let looked = null;

  const prediction = h("p", { class: "prediction", role: "status" });
  const value = h("div", { class: "value number", hidden: true });
  const spoken = h("p", { class: "hidden", role: "status" });
  const legend = colorBar();
  legend.show(null);
  const classes = classBars({ onPoint: (unit) => look(lastPath(), [unit, 0, 0]), onOpen: (unit) => open(lastPath(), [unit, 0, 0]) });
  const diagram = networkDiagram({ onUnit: look, onOpen: open, onToggle: toggle, classes: classes.element });
  const panel = unitPanel(picture, close);
  const element = h("section", { class: "card figure", "aria-label": t("network.title"), on: { pointermove: follow, keydown, focusin } },
    h("div", { class: "figure-head pinned" }, prediction, h("p", { class: "muted explanation" }, t("network.hint")), legend.element),
    diagram.element, panel.element, value, spoken);

  const lastPath = () => network?.rows[network.rows.length - 1].path ?? "";

  /** Light up a unit and show its value; without one, the unit whose sum is open. @type {(path: string, unit: number[] | null) => void} */
  function look(path, unit) {
    if (unit ? looked?.path === path && looked.unit.join() === unit.join() : looked === null) return;
    looked = unit ? { path, unit } : null;
    const shown = looked ?? selection;
    diagram.light(shown.path, shown.unit);
    showValue();
  }

  /** The value of the unit that is looked at, as the picture is now. */
  function showValue() {
    const words = looked && wordsOf(looked.path, looked.unit);
    value.hidden = !words;
    value.textContent = words;
  }

  /** @type {(path: string, unit: number[]) => string | null} */
  function wordsOf(path, unit) {
    const column = diagram.column(path);
    if (!column) return null;
    const [map, row, place] = unit;
    const text = column.valueOf(unit);
    return column.shape[1] * column.shape[2] > 1 ? t("network.value", { path, map, row, column: place, value: text })
      : t("network.value.unit", { path, unit: map, value: text });
  }

  /** Move the value beside the pointer. @param {PointerEvent} event */
  function follow(event) {
    const box = element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    value.style.transform = `translate(${Math.min(x + 14, box.width - value.offsetWidth - 4)}px, ${Math.max(0, y - 34)}px)`;
  }

  /** @param {Event} event */
  const pathOf = ({ target }) => (target instanceof HTMLElement ? target.dataset.tiles : undefined);

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.key === "Escape") return close();
    const path = pathOf(event);
    const column = path ? diagram.column(path) : undefined;
    if (!path || !column) return;
    const unit = looked?.path === path ? looked.unit : FIRST;
    const next = movedUnit(event.key, unit, column.shape, column.maps(), column.grid().columns);
    if (event.key === "Enter" || event.key === " ") open(path, unit);
    else if (next) {
      look(path, next);
      setText(spoken, wordsOf(path, next) ?? "");
    } else return;
    event.preventDefault();
  }

  /** Look at a column that is reached by the keyboard. @param {FocusEvent} event */
  function focusin(event) {
    const path = pathOf(event);
    if (!path || !(/** @type {HTMLElement} */ (event.target).matches(":focus-visible"))) return;
    look(path, looked?.path === path ? looked.unit : FIRST);
  }

  /** Open the sum of a unit, on the side where it hides nothing of it. @type {(path: string, unit: number[]) => void} */
  function open(path, unit) {
    const column = diagram.column(path);
    const shape = network && rowsUpTo(network.rows, path).pop()?.shape;
    if (!column || !shape) return;
    Object.assign(selection, { path, unit: unit.slice(0, shape.length), input: null });
    const [whole, part] = [element, column.element].map((one) => one.getBoundingClientRect());
    panel.element.classList.toggle("at-left", part.left + part.width / 2 > whole.left + whole.width / 2);
    diagram.light(path, unit);
    onSelect();
    void panel.update();
  }

  function close() {
    if (!selection.unit) return;
    diagram.column(selection.path)?.tiles.focus();
    Object.assign(selection, { path: "", unit: null, input: null });
    panel.hide();
    diagram.light(looked?.path ?? "", looked?.unit ?? null);
    onSelect();
  }

  /** Fold or unfold a stage or a module. @param {string} id */
  function toggle(id) {
    if (!network) return;
    if (!selection.unfolded.delete(id)) selection.unfolded.add(id);
    diagram.setNetwork(network, selection.unfolded);
    /** @type {HTMLElement | null} */ (diagram.element.querySelector(`[data-fold="${CSS.escape(id)}"]`))?.focus();
    onUnfold();
  }

  return {
    element,
    /** The rows whose maps are shown, as the server takes them. */
    rows: () => diagram.paths().join(),
    /** Load the network of a model, if it is not the one that is shown. @param {string} model */
    async setModel(model) {
      if (network && selection.model === model) return;
      if (selection.model !== model) Object.assign(selection, { model, path: "", unit: null, input: null, unfolded: new Set() });
      network = await get("network", { model });
      if (!hasUnit(network, selection.path, selection.unit)) Object.assign(selection, { path: "", unit: null, input: null });
      looked = null;
      diagram.setNetwork(network, selection.unfolded);
      diagram.light(selection.path, selection.unit);
      if (!selection.unit) panel.hide();
    },
    /** Show what the network makes of a picture. @type {(answer: LayersResponse, isEmpty: boolean) => void} */
    show(answer, isEmpty) {
      const [best] = answer.top;
      const words = t("prediction.top", { class: best.class, probability: formatPercent(best.probability) });
      const share = formatNumber(1 - (answer.false_alarm_rate ?? 0), { style: "percent", maximumFractionDigits: 1 });
      const verdict = answer.none_of_these ? `${t("prediction.none", { share })} ${t("prediction.nearest", { answer: words })}` : words;
      setText(prediction, isEmpty ? t("draw.empty") : withNote(answer.note, verdict));
      classes.show(isEmpty ? [] : answer.top, network?.classes.length ?? 0);
      diagram.show(answer);
      showValue();
    },
    /** Work out the open sum again, for the picture as it is now. */
    updateSum: () => (selection.unit ? panel.update() : Promise.resolve()),
    unmount: diagram.unmount,
  };
}

/** Whether a network has a unit: an address may name any. @type {(network: Network, path: string, unit: number[] | null) => boolean} */
function hasUnit(network, path, unit) {
  const shape = rowsUpTo(network.rows, path).pop()?.shape;
  return shape !== undefined && unit?.length === shape.length && unit.every((at, axis) => at < shape[axis]);
}
