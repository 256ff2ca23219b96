/** Filters: a classic kernel, or one's own, on any picture; the output size, and the sum at one position. */

import { get, postPicture } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h, replaceChildren } from "../lib/dom.js";
import { addTexts, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { currentPicture, state, watchInput } from "../lib/state.js";
import { beforeAfter } from "./filters/before-after.js";
import { formatEntry, kernelGrid, numberGrid, resizeKernel } from "./filters/number-grid.js";
import { en } from "../strings/filters.en.js";
import { ko } from "../strings/filters.ko.js";

/** @import { EventOf, FilterResponse, StringKey } from "../lib/types.d.ts" */

addTexts({ en, ko });

const OWN = "own";
const SIZES = [1, 3, 5, 7];
const CHANNELS = /** @type {const} */ (["gray", "red", "green", "blue"]);
const PADDINGS = ["valid", "same", ...[1, 2, 3, 4, 5, 6, 7, 8].map(String)];

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  let stopWatching = () => {};
  get("filters").then(({ kernels }) => {
    if (unmounted) return;
    const update = build(root, kernels);
    stopWatching = watchInput(() => void update());
  }, showError);
  return () => {
    unmounted = true;
    stopWatching();
  };
}

/**
 * @param {HTMLElement} root
 * @param {Record<string, number[][]>} kernels the classic ones, by name
 * @returns {() => Promise<void>} filters the current picture
 */
function build(root, kernels) {
  const settings = state.filters;
  if (![...Object.keys(kernels), OWN].includes(settings.name)) settings.name = "sobel_x"; // a link named another
  let kernel = (settings.kernel ??= kernels[settings.name]);
  const grid = kernelGrid((edited) => {
    setKernel(OWN, edited);
    names.value = OWN;
    description.textContent = describe();
    void update();
  });
  const pictures = beforeAfter((position) => {
    settings.position = position;
    void update();
  });
  const description = h("p", { class: "muted" });
  const sizes = h("div", { class: "sizes", role: "status" });
  const range = h("p", { class: "muted" });
  const sum = h("div", { class: "sum" });
  const describe = () => t(/** @type {StringKey} */ (`filters.does.${settings.name}`));

  const update = coalesce(async () => {
    const sent = kernel;
    const { stride, padding, channel, side, position: [row, column] } = settings;
    try {
      const query = { kernel: JSON.stringify(sent), stride, padding, channel, side, row, column };
      show(await postPicture("filters", currentPicture().blob, query), sent);
    } catch (error) {
      shownSizes = "";
      root.classList.add("impossible");
      replaceChildren(sizes, h("p", { class: "error" }, error instanceof Error ? error.message : String(error)));
    }
  });

  let shownSizes = ""; // a status: replaced only when it changes
  function show(/** @type {FilterResponse} */ answer, /** @type {number[][]} */ sent) {
    root.classList.remove("impossible");
    pictures.show(answer);
    const newSizes = JSON.stringify([answer.input.shape, answer.output.size, answer.window]);
    if (newSizes !== shownSizes) replaceChildren(sizes, ...[0, 1].map((axis) => sizeFormula(answer, axis)), paddingCells(answer));
    shownSizes = newSizes;
    const [low, high] = answer.range.map(formatEntry);
    range.textContent = t(answer.output.signed ? "filters.signed" : "filters.gray", { low, high });
    [row, column].forEach((field, axis) => {
      if (field !== document.activeElement) field.value = String(answer.place.unit[axis]);
    });
    const term = (/** @type {string} */ sign, /** @type {HTMLElement} */ operand) =>
      h("div", { class: "term" }, h("span", {}, sign), operand);
    replaceChildren(sum, numberGrid(answer.place.window, t("filters.pixels")),
      term("×", numberGrid(sent, t("filters.kernel"))),
      term("=", numberGrid(answer.place.products, t("filters.products"))),
      term("Σ =", h("output", { class: "number value" }, formatEntry(answer.place.value))));
  }

  /**
   * @param {string} name
   * @param {number[][]} values
   */
  function setKernel(name, values) {
    kernel = values;
    Object.assign(settings, { name, kernel });
  }

  /** Show the selected kernel and its result. */
  function showKernel() {
    grid.show(kernel);
    [names.value, size.value, description.textContent] = [settings.name, String(kernel.length), describe()];
    void update();
  }

  const nameOf = (/** @type {string} */ name) => t(/** @type {StringKey} */ (`filters.named.${name}`));
  const names = select("filters.name", [...Object.keys(kernels), OWN].map((name) => [name, nameOf(name)]), (name) => {
    setKernel(name, name === OWN ? kernel : kernels[name]);
    showKernel();
  });
  const size = select("filters.size", SIZES.map((side) => [String(side), `${side}×${side}`]), (side) => {
    setKernel(OWN, resizeKernel(kernel, Number(side)));
    showKernel();
  });
  const setting = (/** @type {"stride" | "padding" | "channel" | "side"} */ name, /** @type {[string, string][]} */ options) => {
    const control = select(`filters.${name}`, options, (value) => {
      settings[name] = value;
      void update();
    });
    control.value = settings[name];
    return labelled(`filters.${name}`, control);
  };
  const [row, column] = [0, 1].map((axis) => h("input", { type: "number", min: "0", max: "512", on: {
    input: (/** @type {EventOf<HTMLInputElement>} */ event) => {
      if (!(event.target.valueAsNumber >= 0)) return;
      settings.position[axis] = Math.min(512, Math.floor(event.target.valueAsNumber));
      void update();
    } } }));

  replaceChildren(
    root,
    h("h1", { class: "hidden" }, t("view.filters")),
    h("p", { class: "muted explanation" }, t("filters.why")),
    h("div", { class: "layout" },
      h("section", { class: "card" }, h("h2", {}, t("filters.before")), pictures.before,
        h("div", { class: "toolbar" },
          setting("side", ["32", "64", "128", "256"].map((side) => [side, t("filters.pixels.most", { side })])),
          setting("channel", CHANNELS.map((name) => [name, t(`filters.channel.${name}`)]))),
        h("p", { class: "muted" }, h("a", { href: "#draw" }, t("picture.other")))),
      h("section", { class: "card" }, h("h2", {}, t("filters.kernel")),
        h("div", { class: "toolbar" }, labelled("filters.name", names), labelled("filters.size", size)),
        description, grid.element,
        h("div", { class: "toolbar" },
          setting("stride", ["1", "2", "3", "4"].map((stride) => [stride, stride])),
          setting("padding", PADDINGS.map((name) => [name, paddingName(name)]))),
        h("h3", {}, t("filters.output")), sizes),
      h("section", { class: "card" }, h("h2", {}, t("filters.after")), pictures.after, range)),
    h("section", { class: "card" }, h("h2", {}, t("filters.sum")),
      h("div", { class: "toolbar" },
        h("label", { class: "choice" }, h("span", {}, t("filters.row")), row),
        h("label", { class: "choice" }, h("span", {}, t("filters.column")), column),
        h("span", { class: "muted" }, t("filters.point"))),
      sum),
  );
  showKernel();
  return update;
}

/** @param {string} name @returns {string} */
const paddingName = (name) => (name === "valid" || name === "same" ? t(`filters.padding.${name}`) : name);

/**
 * @param {string} label
 * @param {[value: string, text: string][]} options
 * @param {(value: string) => void} onChange
 */
function select(label, options, onChange) {
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => onChange(event.target.value);
  return h("select", { id: label.replace(".", "-"), on: { change } }, options.map(([value, text]) => h("option", { value }, text)));
}

/** @param {string} label @param {HTMLElement} control */
const labelled = (label, control) => h("label", { class: "choice" }, h("span", {}, t(/** @type {StringKey} */ (label))), control);

/**
 * The notes' equation for the output size along one axis, with its numbers.
 * @param {FilterResponse} answer
 * @param {number} axis
 */
function sizeFormula({ input, output, window }, axis) {
  const [size, kernel, stride] = [input.shape[1 + axis], window.kernel[axis], window.stride[axis]];
  const [first, last] = window.padding[axis];
  const cells = first === last ? `2·${first}` : `(${first} + ${last})`;
  const formula = `floor((${size} − ${kernel} + ${cells}) / ${stride}) + 1 = `;
  return h("p", { class: "formula" }, h("span", { class: "muted" }, t(axis ? "filters.width" : "filters.height")),
    h("span", { class: "number" }, formula, h("strong", {}, String(output.size[axis]))));
}

/** @param {FilterResponse} answer */
function paddingCells({ window: { padding: [[top, bottom], [left, right]] } }) {
  return h("p", { class: "muted" }, t(top || bottom || left || right ? "filters.cells" : "filters.no-cells", { top, bottom, left, right }));
}
