/** Filters: kernels that people made by hand, and one's own, slid over a picture; the size that comes out, and why. */

import { get, latest, postPicture } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { lens } from "../lib/state.js";
import { kernelGrid, numberGrid, resized, written } from "./filters/grid.js";
import { pictures } from "./filters/pictures.js";

/** @typedef {import("../lib/language.js").Key} Key */
/** @typedef {import("./filters/pictures.js").Filtered} Filtered */

const OWN = "own";
const SIZES = [1, 3, 5, 7];
const PADDINGS = ["valid", "same", ...[1, 2, 3, 4, 5, 6, 7, 8].map(String)];

/**
 * @type {{
 *   name: string, kernel: number[][] | null, stride: string, padding: string, channel: string, side: string,
 *   place: [number, number],
 * }}
 */
const kept = { name: "sobel_x", kernel: null, stride: "1", padding: "valid", channel: "gray", side: "64", place: [23, 43] };

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let gone = false;
  get("filters").then(({ kernels }) => gone || view(root, kernels), notice);
  return () => void (gone = true);
}

/**
 * @param {HTMLElement} root
 * @param {Record<string, number[][]>} made the kernels that people made, by name
 */
function view(root, made) {
  kept.kernel ??= made[kept.name];
  const grid = kernelGrid((kernel) => {
    kept.kernel = kernel;
    kept.name = OWN;
    names.value = OWN;
    does.textContent = told();
    void ask();
  });
  const shown = pictures((place) => {
    kept.place = place;
    void ask();
  });
  const does = h("p", { class: "quiet" });
  const sizes = h("div", { class: "sizes", role: "status" });
  const range = h("p", { class: "quiet" });
  const sum = h("div", { class: "sum" });
  const told = () => t(/** @type {Key} */ (`filters.does.${kept.name}`));

  const ask = latest(async () => {
    const { kernel, stride, padding, channel, side, place: [row, column] } = kept;
    try {
      const query = { kernel: JSON.stringify(kernel), stride, padding, channel, side, row, column };
      show(await postPicture("filters", (await lens()).blob, query), /** @type {number[][]} */ (kernel));
    } catch (error) {
      sized = "";
      root.classList.add("impossible");
      fill(sizes, h("p", { class: "bad" }, error instanceof Error ? error.message : String(error)));
    }
  });

  let sized = ""; // what the sizes are of: said anew only if they are others
  function show(/** @type {Filtered} */ found, /** @type {number[][]} */ kernel) {
    root.classList.remove("impossible");
    shown.show(found);
    const said = JSON.stringify([found.input.shape, found.output.size, found.window]);
    if (said !== sized) fill(sizes, ...[0, 1].map((axis) => formula(found, axis)), cells(found));
    sized = said;
    const [low, high] = found.range.map(written);
    range.textContent = t(found.output.signed ? "filters.signed" : "filters.gray", { low, high });
    [row, column].forEach((field, axis) => {
      if (field !== document.activeElement) field.value = String(found.place.unit[axis]);
    });
    const term = (/** @type {string} */ sign, /** @type {HTMLElement} */ what) => h("div", { class: "term" }, h("span", {}, sign), what);
    fill(sum, numberGrid(found.place.window, t("filters.pixels")),
      term("×", numberGrid(kernel, t("filters.kernel"))),
      term("=", numberGrid(found.place.products, t("filters.products"))),
      term("Σ =", h("output", { class: "number value" }, written(found.place.value))));
  }

  function choose(/** @type {string} */ name) {
    kept.name = name;
    if (name !== OWN) kept.kernel = made[name];
    turn();
  }

  /** Show the kernel that was chosen, and what it does. */
  function turn() {
    const kernel = /** @type {number[][]} */ (kept.kernel);
    grid.show(kernel);
    [names.value, size.value, does.textContent] = [kept.name, String(kernel.length), told()];
    void ask();
  }

  const named = (/** @type {string} */ name) => t(/** @type {Key} */ (`filters.named.${name}`));
  const names = select("filters.name", [...Object.keys(made), OWN].map((name) => [name, named(name)]), choose);
  const size = select("filters.size", SIZES.map((side) => [String(side), `${side}×${side}`]), (side) => {
    kept.kernel = resized(/** @type {number[][]} */ (kept.kernel), Number(side));
    kept.name = OWN;
    turn();
  });
  const setting = (/** @type {"stride" | "padding" | "channel" | "side"} */ name, /** @type {[string, string][]} */ options) => {
    const choice = select(`filters.${name}`, options, (value) => {
      kept[name] = value;
      void ask();
    });
    choice.value = kept[name];
    return labelled(`filters.${name}`, choice);
  };
  const [row, column] = [0, 1].map((axis) => h("input", { type: "number", min: "0", max: "512", on: {
    input: (/** @type {Event & { target: HTMLInputElement }} */ event) => {
      if (!(event.target.valueAsNumber >= 0)) return;
      kept.place[axis] = Math.min(512, Math.floor(event.target.valueAsNumber));
      void ask();
    } } }));

  fill(
    root,
    h("h1", { class: "hidden" }, t("view.filters")),
    h("p", { class: "quiet" }, t("filters.why")),
    h("div", { class: "slide" },
      h("section", { class: "card" }, h("h2", {}, t("filters.before")), shown.before,
        h("div", { class: "tools" },
          setting("side", ["32", "64", "128", "256"].map((side) => [side, t("filters.pixels.most", { side })])),
          setting("channel", ["gray", "red", "green", "blue"].map((name) => [name, t(/** @type {Key} */ (`filters.channel.${name}`))]))),
        h("p", { class: "quiet" }, h("a", { href: "#draw" }, t("filters.other")))),
      h("section", { class: "card" }, h("h2", {}, t("filters.kernel")),
        h("div", { class: "tools" }, labelled("filters.name", names), labelled("filters.size", size)),
        does, grid.element,
        h("div", { class: "tools" },
          setting("stride", ["1", "2", "3", "4"].map((stride) => [stride, stride])),
          setting("padding", PADDINGS.map((name) => [name, padding(name)]))),
        h("h3", {}, t("filters.output")), sizes),
      h("section", { class: "card" }, h("h2", {}, t("filters.after")), shown.after, range)),
    h("section", { class: "card" }, h("h2", {}, t("filters.place")),
      h("div", { class: "tools" },
        h("label", { class: "choice" }, h("span", {}, t("filters.row")), row),
        h("label", { class: "choice" }, h("span", {}, t("filters.column")), column),
        h("span", { class: "quiet" }, t("filters.point"))),
      sum),
  );
  turn();
}

/** @param {string} name @returns {string} */
const padding = (name) => (name === "valid" || name === "same" ? t(`filters.padding.${name}`) : name);

/**
 * @param {string} label
 * @param {[string, string][]} options (value, text)
 * @param {(value: string) => void} changed
 */
function select(label, options, changed) {
  const change = (/** @type {Event & { target: HTMLSelectElement }} */ event) => changed(event.target.value);
  return h("select", { id: label.replace(".", "-"), on: { change } }, options.map(([value, text]) => h("option", { value }, text)));
}

/** @param {string} label @param {HTMLElement} choice */
const labelled = (label, choice) => h("label", { class: "choice" }, h("span", {}, t(/** @type {Key} */ (label))), choice);

/**
 * The equation of the notes for one axis, with its numbers.
 * @param {Filtered} found
 * @param {number} axis
 */
function formula({ input, output, window }, axis) {
  const [size, kernel, stride] = [input.shape[1 + axis], window.kernel[axis], window.stride[axis]];
  const [first, last] = window.padding[axis];
  const cells = first === last ? `2·${first}` : `(${first} + ${last})`;
  const sum = `floor((${size} − ${kernel} + ${cells}) / ${stride}) + 1 = `;
  return h("p", { class: "formula" }, h("span", { class: "quiet" }, t(axis ? "filters.width" : "filters.height")),
    h("span", { class: "number" }, sum, h("strong", {}, String(output.size[axis]))));
}

/** @param {Filtered} found */
function cells({ window: { padding: [[top, bottom], [left, right]] } }) {
  return h("p", { class: "quiet" }, t(top || bottom || left || right ? "filters.cells" : "filters.no-cells", { top, bottom, left, right }));
}
