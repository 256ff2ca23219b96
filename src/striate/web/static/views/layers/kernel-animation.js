/** The kernel slides: its window moves over the row's input, padding around it, and the output is computed cell by cell. */

import { decodeBase64, diverging, paintMap } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, t } from "../../lib/i18n.js";
import { reducedMotion } from "../../lib/motion.js";
import { firstInk, overhang, ranges, windowOf } from "./geometry.js";
import { mapView } from "./map-view.js";

/** @import { EventOf, LayersState, SlideResponse, Unit } from "../../lib/types.d.ts" */

const MAX_SPEED = 60; // steps a second

/**
 * @param {LayersState} selection its `animating` and `speed` change here
 * @param {(unit: number[]) => void} onUnit the kernel is at this unit of the row
 */
export function kernelAnimation(selection, onUnit) {
  const isStill = reducedMotion();
  const input = mapView("input");
  const output = mapView("output");
  /** The row whose maps are loaded, as the answer for one of its units. @type {Unit | null} */
  let loaded = null;
  /** The first cell whose window has something in it: there the animation begins. */
  let inked = 0;
  /** @type {number[]} */
  let unit = [];
  let timer = 0;

  const play = h("button", { class: "primary", on: { click: () => (timer ? stop() : start()) } }, t("player.play"));
  const setSpeed = (/** @type {EventOf<HTMLInputElement>} */ event) => (selection.speed = Number(event.target.value));
  const controls = h("div", { class: "toolbar", role: "group", "aria-label": t("layers.kernel_animation") },
    isStill ? null : play,
    h("button", { on: { click: () => step(-1) } }, t("layers.back")),
    h("button", { on: { click: () => step(1) } }, t("layers.step")),
    h("button", { on: { click: () => { stop(); goTo(0); } } }, t("layers.first")),
    h("button", { on: { click: () => { stop(); selection.animating = false; highlight(); } } }, t("layers.all")),
    isStill ? h("span", { class: "muted" }, t("layers.reduced_motion"))
      : h("label", { class: "choice wide" }, h("span", {}, t("layers.speed")),
          h("input", { type: "range", min: 1, max: MAX_SPEED, value: selection.speed, on: { input: setSpeed } })));
  const size = h("p", { class: "number size" });
  const position = h("p", { class: "muted position" });
  const captions = [h("figcaption", {}), h("figcaption", {})];
  const element = h("div", { class: "kernel-animation" }, h("h2", {}, t("layers.kernel_animation")), controls, size, position);

  output.element.tabIndex = 0;
  output.element.setAttribute("role", "group");
  output.element.addEventListener("click", (event) => moveTo(...output.cellAt(event)));
  output.element.addEventListener("keydown", (event) => {
    const [di, dj] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!di && !dj) return;
    event.preventDefault();
    moveTo(unit[1] + di, unit[2] + dj);
  });

  /** Move to a cell of the output, by pointer or key. @type {(i: number, j: number) => void} */
  function moveTo(i, j) {
    if (!loaded || i < 0 || j < 0 || i >= loaded.output[1] || j >= loaded.output[2]) return;
    stop();
    selection.animating = false;
    onUnit([unit[0], i, j]);
  }

  const count = () => (loaded ? loaded.output[1] * loaded.output[2] : 0);
  const index = () => (loaded ? unit[1] * loaded.output[2] + unit[2] : 0);

  /** @param {number} cell its index in the order of the animation */
  function goTo(cell) {
    if (!loaded || cell < 0 || cell >= count()) return stop();
    selection.animating = true;
    onUnit([unit[0], Math.floor(cell / loaded.output[2]), cell % loaded.output[2]]);
  }

  /** @param {number} by */
  function step(by) {
    stop();
    goTo(selection.animating ? index() + by : inked);
  }

  function start() {
    goTo(selection.animating && index() < count() - 1 ? index() : inked);
    play.textContent = t("player.pause");
    const tick = () => {
      timer = setTimeout(tick, 1000 / selection.speed);
      goTo(index() + 1);
    };
    timer = setTimeout(tick, 1000 / selection.speed);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    play.textContent = t("player.play");
  }

  function highlight() {
    if (!loaded?.window) return;
    const box = windowOf(loaded.window.over, unit);
    const [map, i, j] = unit;
    input.highlight(box, t("layers.input.window", ranges(box)));
    output.highlight({ top: i, left: j, height: 1, width: 1 }, t("layers.output.cell", { map, row: i, column: j }));
    output.hideAfter(selection.animating ? [i, j] : null);
    position.textContent = t("layers.position",
      { number: formatNumber(index() + 1), count: formatNumber(count()), row: i, column: j, ...ranges(box) });
  }

  return {
    element,
    figures: [h("figure", {}, input.element, captions[0]), h("figure", {}, output.element, captions[1])],
    stop,
    /**
     * Load one input map and one output map of a row with a window.
     * @param {Unit} answer for a unit of the output map
     * @param {number} map the number of the input map
     * @param {SlideResponse} maps
     */
    load(answer, map, maps) {
      if (!answer.window) return;
      loaded = answer;
      const [height, width] = answer.input.slice(1);
      const [rows, columns] = answer.output.slice(1);
      input.setExtent({ size: [height, width], ...overhang(answer.window.over, [height, width], [rows, columns]) });
      output.setExtent({ size: [rows, columns], before: [0, 0], after: [0, 0] });
      const bytes = decodeBase64(maps.input.maps);
      inked = firstInk(bytes, maps.input.size, answer);
      paintMap(input.canvas, bytes, maps.input.size, diverging);
      paintMap(output.canvas, decodeBase64(maps.output.maps), maps.output.size, diverging);
      captions[0].textContent = t("layers.input.map", { map, size: `${height}×${width}` });
      captions[1].textContent = t("layers.output.map", { map: answer.unit[0], size: `${rows}×${columns}` });
      output.element.setAttribute("aria-label", t("layers.output.keys", { map: answer.unit[0] }));
      replaceChildren(size, sizeFormulas(answer));
    },
    /**
     * Show the kernel at a unit; nothing if the maps of its row are not loaded.
     * @param {Unit} answer for a unit of the row
     * @param {number[]} present
     */
    show(answer, present) {
      unit = present;
      if (loaded?.path === answer.path) highlight();
    },
  };
}

/**
 * Kernel, stride and padding, and the notes' formula for the output size with its numbers.
 * @param {Unit} unit
 * @returns {HTMLElement[]}
 */
function sizeFormulas({ window, input, output }) {
  if (!window) return [];
  const { kernel, stride, padding, dilation, reach, rounds } = window;
  const sides = padding.flat();
  const even = sides.every((cells) => cells === sides[0]);
  const parameters = [
    t("layers.kernel", { size: kernel.join("×") }),
    t("layers.stride", { size: stride[0] === stride[1] ? stride[0] : stride.join("×") }),
    even ? t("layers.padding", { cells: sides[0] })
      : t("layers.padding.sides", { top: sides[0], bottom: sides[1], left: sides[2], right: sides[3] }),
    ...(Math.max(...dilation) > 1 ? [t("layers.dilation", { size: dilation.join("×") })] : []),
  ];
  const formulas = [0, 1].map((axis) => {
    const [before, after] = padding[axis];
    const cells = before === after ? `2·${before}` : `${before} + ${after}`;
    return `${rounds}((${input[1 + axis]} − ${reach[axis]} + ${cells}) / ${stride[axis]}) + 1 = ${output[1 + axis]}`;
  });
  const different = formulas[0] === formulas[1] ? [formulas[0]] : formulas;
  return [h("span", {}, parameters.join(" · ")), ...(rounds ? different.map((formula) => h("span", { class: "formula" }, formula)) : [])];
}
