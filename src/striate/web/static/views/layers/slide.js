/** The kernel slides: its window steps over the row's input, padding around it, and the output fills in cell by cell. */

import { fill, h } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";
import { bytes, paint, signed } from "../../lib/pixels.js";
import { board } from "./board.js";
import { overhang, spans, windowOf } from "./unit.js";

/** @typedef {import("./unit.js").Unit} Unit */
/** @typedef {import("../../lib/maps.js").RowMaps} Maps */
/** @typedef {{ sliding: boolean, speed: number }} Kept */

const FASTEST = 60; // steps a second

/**
 * @param {Kept} kept what outlives the view
 * @param {(unit: number[]) => void} choose
 */
export function slide(kept, choose) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const given = board("given");
  const made = board("made");
  /** @type {Unit | null} */
  let at = null;
  /** @type {number[]} */
  let unit = [];
  let timer = 0;

  const play = h("button", { class: "strong", on: { click: () => (timer ? stop() : start()) } }, t("layers.play"));
  const controls = h("div", { class: "tools", role: "group", "aria-label": t("layers.slide") },
    still ? null : play,
    h("button", { on: { click: () => step(-1) } }, t("layers.back")),
    h("button", { on: { click: () => step(1) } }, t("layers.step")),
    h("button", { on: { click: () => { stop(); go(0); } } }, t("layers.first")),
    h("button", { on: { click: () => { stop(); kept.sliding = false; mark(); } } }, t("layers.all")),
    still ? h("span", { class: "quiet" }, t("layers.still"))
      : h("label", { class: "choice wide" }, h("span", {}, t("layers.speed")),
          h("input", { type: "range", min: 1, max: FASTEST, value: kept.speed,
            on: { input: (/** @type {Event & { target: HTMLInputElement }} */ event) => (kept.speed = Number(event.target.value)) } })));
  const size = h("p", { class: "number size" });
  const where = h("p", { class: "quiet where" });
  const names = [h("figcaption", {}), h("figcaption", {})];
  const element = h("div", { class: "sliding" }, h("h2", {}, t("layers.slide")), controls, size, where);

  made.element.tabIndex = 0;
  made.element.setAttribute("role", "group");
  made.element.addEventListener("click", (event) => byHand(...made.cellAt(event)));
  made.element.addEventListener("keydown", (event) => {
    const [di, dj] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!di && !dj) return;
    event.preventDefault();
    byHand(unit[1] + di, unit[2] + dj);
  });

  /** @type {(i: number, j: number) => void} */
  function byHand(i, j) {
    if (!at || i < 0 || j < 0 || i >= at.output[1] || j >= at.output[2]) return;
    stop();
    kept.sliding = false;
    choose([unit[0], i, j]);
  }

  const count = () => (at ? at.output[1] * at.output[2] : 0);
  const index = () => (at ? unit[1] * at.output[2] + unit[2] : 0);

  /** @param {number} place in the order in which the output fills in */
  function go(place) {
    if (!at || place < 0 || place >= count()) return stop();
    kept.sliding = true;
    choose([unit[0], Math.floor(place / at.output[2]), place % at.output[2]]);
  }

  /** @param {number} by */
  function step(by) {
    stop();
    go(kept.sliding ? index() + by : 0);
  }

  function start() {
    go(kept.sliding && index() < count() - 1 ? index() : 0);
    play.textContent = t("layers.pause");
    const tick = () => {
      timer = setTimeout(tick, 1000 / kept.speed);
      go(index() + 1);
    };
    timer = setTimeout(tick, 1000 / kept.speed);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    play.textContent = t("layers.play");
  }

  function mark() {
    if (!at?.window) return;
    const box = windowOf(at.window.over, unit);
    const [, i, j] = unit;
    given.mark(box, t("layers.given.seen", spans(box)));
    made.mark({ top: i, left: j, height: 1, width: 1 }, t("layers.made.seen", { map: unit[0], row: i, column: j }));
    made.cover(kept.sliding ? [i, j] : null);
    where.textContent = t("layers.where", { number: n(index() + 1), count: n(count()), row: i, column: j, ...spans(box) });
  }

  return {
    element,
    figures: [h("figure", {}, given.element, names[0]), h("figure", {}, made.element, names[1])],
    stop,
    /**
     * The maps of a row with a window: one that it is given, one that it makes.
     * @param {Unit} found
     * @param {number} input the number of the map that it is given
     * @param {{ input: Maps, output: Maps }} maps
     */
    load(found, input, maps) {
      if (!found.window) return;
      at = found;
      const [height, width] = found.input.slice(1);
      given.fit({ size: [height, width], ...overhang(found.window.over, [height, width], found.output.slice(1)) });
      made.fit({ size: [found.output[1], found.output[2]], before: [0, 0], after: [0, 0] });
      paint(given.canvas, bytes(maps.input.maps), maps.input.size[0], maps.input.size[1], signed);
      paint(made.canvas, bytes(maps.output.maps), maps.output.size[0], maps.output.size[1], signed);
      names[0].textContent = t("layers.given", { map: input, size: `${height}×${width}` });
      names[1].textContent = t("layers.made", { map: found.unit[0], size: found.output.slice(1).join("×") });
      made.element.setAttribute("aria-label", t("layers.made.keys", { map: found.unit[0] }));
      fill(size, facts(found));
    },
    /**
     * Where the kernel is now; of a row whose maps are not loaded, nothing is shown.
     * @param {Unit} found
     * @param {number[]} now
     */
    place(found, now) {
      unit = now;
      if (at?.path === found.path) mark();
    },
  };
}

/**
 * What the window is, and the notes' formula for the output's size with its numbers.
 * @param {Unit} found
 * @returns {HTMLElement[]}
 */
function facts({ window, input, output }) {
  if (!window) return [];
  const { kernel, stride, padding, dilation, reach, rounds } = window;
  const sides = padding.flat();
  const even = sides.every((cells) => cells === sides[0]);
  const told = [
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
  const shown = formulas[0] === formulas[1] ? [formulas[0]] : formulas;
  return [h("span", {}, told.join(" · ")), ...(rounds ? shown.map((formula) => h("span", { class: "formula" }, formula)) : [])];
}
