/** Layers: the close-up of one row, and one of its units: its receptive field, its kernel and its arithmetic. */

import { get, postPicture } from "../lib/api.js";
import { decodeBase64, paintImage } from "../lib/canvas.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { currentPicture, state, watchInput } from "../lib/state.js";
import { unitArithmetic } from "./layers/arithmetic.js";
import { clip, ranges, strongestInput, windowOf } from "./layers/geometry.js";
import { kernelAnimation } from "./layers/kernel-animation.js";
import { mapSheet } from "./layers/map-sheet.js";
import { mapView } from "./layers/map-view.js";
import { unitPicker } from "./layers/unit-picker.js";

/** @import { NetworkRow, Pair, Picture, Query, Unit } from "../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const selection = state.layers;
  /** @type {{ picture: Picture, size: Pair, rows: NetworkRow[], classes: string[] } | null} */
  let loaded = null;
  /** The unit whose arithmetic is shown. @type {Unit | null} */
  let shown = null;
  /** What the maps of the animation, and those of the sheet, are of. */
  let [animated, sheeted] = ["", ""];
  let unmounted = false;

  const picker = unitPicker({ onRow: selectRow, onUnit: selectUnit, onStrongest: () => select(selection.path, null) });
  const field = mapView("field");
  const fieldCaption = h("figcaption", {});
  const animation = kernelAnimation(selection, selectUnit);
  const arithmetic = unitArithmetic((input) => {
    selection.input = input;
    void update();
  });
  const sheet = mapSheet(selectUnit);

  replaceChildren(root,
    h("h1", { class: "hidden" }, t("view.layers")),
    h("p", { class: "lead" }, t("layers.why"), " ", h("a", { href: "#draw" }, t("picture.other"))),
    h("section", { class: "card", "aria-label": t("layers.rows") }, picker.element, sheet.element),
    h("div", { class: "layout" },
      h("section", { class: "card", "aria-label": t("layers.selected") },
        h("div", { class: "map-views" }, h("figure", {}, field.element, fieldCaption), animation.figures),
        animation.element),
      h("section", { class: "card", "aria-label": t("network.arithmetic") }, arithmetic.element)));

  /** Load the picture as the network takes it, and show the selected unit, or the strongest one of the first row. */
  const load = coalesce(async () => {
    root.dataset.behind = "";
    try {
      const [model, picture] = [state.model, currentPicture()];
      const network = await get("network", { model });
      const answer = await postPicture("layers", picture.blob, { model, rows: network.rows[network.rows.length - 1].path });
      if (unmounted || model !== state.model) return;
      if (selection.model !== model) Object.assign(selection, { model, path: "" });
      const [, height, width] = answer.input.shape;
      loaded = { picture, size: [height, width], rows: flattenRows(network.rows), classes: network.classes };
      shown = null;
      [animated, sheeted] = ["", ""];
      paintImage(field.canvas, decodeBase64(answer.input.pixels), answer.input.shape);
      picker.setRows(loaded.rows);
      const row = loaded.rows.find(({ path }) => path === selection.path);
      const exists = row && selection.unit?.length === row.shape.length && selection.unit.every((at, axis) => at < row.shape[axis]);
      if (!exists) Object.assign(selection, { path: row?.path ?? loaded.rows[0].path, unit: null, input: null, animating: false });
      await update();
    } catch (error) {
      delete root.dataset.behind;
      showError(error);
    }
  });

  /** Request the arithmetic of the selected unit, and the maps of the animation if they are not loaded. */
  const requestUnit = coalesce(async () => {
    if (!loaded) return;
    const { model, path } = selection;
    const { blob } = loaded.picture;
    /** @type {Query} */
    const query = { model, path };
    if (selection.unit) query.unit = selection.unit.join();
    if (selection.input !== null) query.input = selection.input;
    try {
      const answer = await postPicture("unit", blob, query);
      if (!isSelected(model, path, answer.unit[0])) return;
      selection.unit ??= answer.unit;
      selection.input ??= strongestInput(answer);
      await loadSheet(blob);
      await loadAnimation(answer, blob);
      if (isSelected(model, path, answer.unit[0])) show(answer);
    } catch (error) {
      showError(error);
    }
  });

  /** Whether an answer is still of the selection. @type {(model: string, path: string, map: number) => boolean} */
  const isSelected = (model, path, map) =>
    !unmounted && model === selection.model && path === selection.path && (selection.unit === null || selection.unit[0] === map);

  /** `data-behind` marks the page until the answer is shown. */
  async function update() {
    root.dataset.behind = "";
    await requestUnit();
    delete root.dataset.behind;
  }

  /** Load all maps of the row, if they are not loaded. @param {Blob} blob */
  async function loadSheet(blob) {
    const { model, path } = selection;
    if (sheeted === path) return;
    const row = await postPicture("row", blob, { model, path });
    if (unmounted || selection.model !== model || selection.path !== path || !loaded) return;
    const isLast = path === loaded.rows[loaded.rows.length - 1].path;
    sheet.show(row, isLast ? loaded.classes : null);
    sheeted = path;
  }

  /**
   * Load the maps that the unit's kernel slides over, if the row has a kernel and they are not loaded.
   * @param {Unit} unit
   * @param {Blob} blob
   */
  async function loadAnimation(unit, blob) {
    const { model, path, input } = selection;
    const slides = unit.window !== null && unit.output.length === 3 && input !== null;
    for (const part of [animation.element, ...animation.figures]) part.hidden = !slides;
    const key = `${model} ${path} ${unit.unit[0]} ${input}`;
    if (!slides || key === animated) return;
    const answer = await postPicture("slide", blob, { model, path, map: unit.unit[0], input });
    if (!isSelected(model, path, unit.unit[0])) return;
    animation.load(unit, input, answer);
    animated = key;
  }

  /** @param {Unit} unit */
  function show(unit) {
    shown = unit;
    field.setExtent({ size: loaded?.size ?? [1, 1], before: [0, 0], after: [0, 0] });
    arithmetic.show(unit, selection.input);
    showPosition();
  }

  /** Show the position of the selected unit, before its arithmetic is loaded. */
  function showPosition() {
    if (!shown || !selection.unit || shown.path !== selection.path) return;
    picker.show(shown.path, selection.unit, shown.output);
    sheet.select(selection.unit);
    animation.show(shown, selection.unit);
    const isAnswered = shown.unit.join() === selection.unit.join();
    const box = isAnswered ? shown.visible : clip(windowOf(shown.field, selection.unit), loaded?.size ?? [1, 1]);
    const caption = t("layers.field", { size: `${box.height}×${box.width}`, ...ranges(box) });
    field.highlight(box, caption);
    fieldCaption.textContent = caption;
  }

  /**
   * @param {string} path
   * @param {number[] | null} unit null for the strongest
   */
  function select(path, unit) {
    animation.stop();
    Object.assign(selection, { path, unit, input: null, animating: false });
    void update();
  }

  /** Select a row by its name. @param {string} path */
  function selectRow(path) {
    select(path, null);
  }

  /** Select another unit of the same row. @param {number[]} unit */
  function selectUnit(unit) {
    if (unit[0] !== selection.unit?.[0]) return select(selection.path, unit);
    selection.unit = unit;
    showPosition();
    void update();
  }

  const stopWatching = watchInput(() => void load());
  void load();
  return () => {
    unmounted = true;
    animation.stop();
    sheet.unmount();
    stopWatching();
    delete root.dataset.behind;
  };
}

/** Every row, those inside branches before the row around them. @type {(rows: NetworkRow[]) => NetworkRow[]} */
const flattenRows = (rows) => rows.flatMap((row) => [...(row.branches ?? []).flatMap(flattenRows), row]);
