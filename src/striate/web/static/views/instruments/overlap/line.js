/** One dimension: x, g below it at its place, the products of the pairs as areas, and the sums so far as a curve. */

import { h, replaceChildren, svg } from "../../../lib/dom.js";
import { t } from "../../../lib/i18n.js";
import { textScale } from "../../../lib/presentation.js";
import { format } from "../number-cells.js";

/** @import { OverlapResponse, OverlapState, StringKey } from "../../../lib/types.d.ts" */

const LARGEST_CELL = 104;
const ROWS = /** @type {const} */ ([["x", 98], ["g", 92], ["product", 96], ["sum", 118]]);
const [GAP, NUMBER] = [10, 22]; // between two rows; of a number above or below its bar

/** @param {(at: number) => void} onMove a finger or the mouse has moved g to this place */
export function linePicture(onMove) {
  const picture = svg("svg", { role: "img", class: "line" });
  const element = h("div", { class: "line-box" }, picture);
  /** @type {{ settings: OverlapState, overlap: OverlapResponse } | null} */
  let loaded = null;
  let [cell, gutter, unit] = [0, 0, 1];
  /** Where g was taken, in cells from its first. @type {number | null} */
  let held = null;
  let moving = svg("g");
  let [products, sums] = [svg("g"), svg("g")];

  const resized = new ResizeObserver(() => draw());
  resized.observe(element);
  element.addEventListener("pointerdown", (event) => {
    if (!loaded) return;
    const [column, size] = [columnAt(event), loaded.settings.g[0].length];
    const inside = column - loaded.settings.at;
    held = inside >= 0 && inside < size ? inside : size / 2;
    element.setPointerCapture(event.pointerId);
    move(event);
  });
  element.addEventListener("pointermove", (event) => held !== null && move(event));
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (held = null));

  /** @param {PointerEvent} event */
  const columnAt = (event) => ((event.clientX - picture.getBoundingClientRect().left) / unit - gutter) / cell;

  /** @param {PointerEvent} event */
  function move(event) {
    if (!loaded || held === null) return;
    const at = Math.min(loaded.overlap.sums.length - 1, Math.max(0, Math.round(columnAt(event) - held)));
    if (at !== loaded.settings.at) onMove(at);
  }

  /** Draw all that does not move. */
  function draw() {
    const width = element.clientWidth;
    if (!loaded || !width) return;
    unit = Math.max(1, textScale());
    const { settings: { x: [x], g: [g] }, overlap } = loaded;
    gutter = width / unit < 480 ? 26 : 76;
    cell = Math.min(LARGEST_CELL, (width / unit - gutter - 4) / x.length);
    const [tops, height] = stack();
    const shown = gutter + cell * x.length + 4;
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${shown} ${height}`, width: shown * unit, height: height * unit })) {
      picture.setAttribute(name, String(value));
    }
    picture.setAttribute("aria-label", t("overlap.line.label", { x: x.map(format).join(", "), g: overlap.kernel[0].map(format).join(", "),
      sums: overlap.sums.map(format).join(", ") }));
    const size = overlap.kernel[0].length;
    moving = svg("g", { class: "moving" },
      svg("rect", { class: "window", x: gutter, y: 0, width: size * cell, height, rx: 8 }),
      bars(overlap.kernel[0], tops.g, rangeOf(g), "g"));
    [products, sums] = [svg("g"), svg("g")];
    replaceChildren(picture, moving, ROWS.map(([name, rowHeight]) => label(name, tops[name] + rowHeight / 2)),
      bars(x, tops.x, rangeOf(x), "x"), products, sums);
    show(settings().at);
  }

  const settings = () => /** @type {{ settings: OverlapState }} */ (loaded).settings;

  /** @param {number} at */
  function show(at) {
    if (!loaded || !cell) return;
    const { overlap } = loaded;
    const [tops] = stack();
    const size = overlap.kernel[0].length;
    moving.style.transform = `translateX(${at * cell}px)`;
    const range = rangeOf(overlap.products.flat(2));
    replaceChildren(products, bars(overlap.products[at][0], tops.product, range, "product", at));
    const sumRange = rangeOf(overlap.sums);
    const middle = (size - 1) / 2;
    replaceChildren(sums, curve(overlap.sums.slice(0, at + 1), tops.sum, sumRange, middle),
      overlap.sums.slice(at + 1).map((_, i) => svg("circle", { class: "later", r: 2.5,
        cx: gutter + (at + 1 + i + middle + 0.5) * cell, cy: scale(0, tops.sum, ROWS[3][1], sumRange) })));
  }

  /**
   * Numbers as bars, each with its number if there is room.
   * @param {number[]} values
   * @param {number} top
   * @param {[number, number]} range
   * @param {"x" | "g" | "product"} name
   * @param {number} [first] its column
   */
  function bars(values, top, range, name, first = 0) {
    const height = ROWS.find(([row]) => row === name)?.[1] ?? 0;
    const zero = scale(0, top, height, range);
    return svg("g", { class: `bars-of ${name}` },
      svg("line", { class: "zero", x1: gutter + first * cell, x2: gutter + (first + values.length) * cell, y1: zero, y2: zero }),
      values.map((value, i) => {
        const end = scale(value, top, height, range);
        const [left, width] = [gutter + (first + i) * cell + cell * 0.08, cell * 0.84];
        return svg("g", {},
          svg("rect", { x: left, width, y: Math.min(end, zero), height: Math.max(1, Math.abs(end - zero)), rx: Math.min(3, width / 4) }),
          number(value, left + width / 2, end, 6));
      }));
  }

  /** @param {number} value @param {number} x @param {number} y @param {number} distance of the text */
  function number(value, x, y, distance) {
    const text = format(value);
    if (text.length * 8.2 > cell - 2) return null;
    return svg("text", { x, y: value < 0 ? y + distance + 10 : y - distance, "text-anchor": "middle" }, text);
  }

  /** The sums so far. @param {number[]} values @param {number} top @param {[number, number]} range @param {number} middle */
  function curve(values, top, range, middle) {
    const height = ROWS[3][1];
    const points = values.map((value, i) => [gutter + (i + middle + 0.5) * cell, scale(value, top, height, range)]);
    const zero = scale(0, top, height, range);
    const [first, last] = [points[0], points[points.length - 1]];
    const path = points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    return svg("g", { class: "sum" },
      svg("line", { class: "zero", x1: gutter, x2: gutter + cell * (settings().x[0].length), y1: zero, y2: zero }),
      svg("path", { class: "area", d: `${path}L${last[0]} ${zero}L${first[0]} ${zero}Z` }),
      svg("path", { class: "curve", d: path }),
      points.map(([x, y], i) => svg("g", { class: i === points.length - 1 ? "now" : null },
        svg("line", { class: "stem", x1: x, x2: x, y1: y, y2: zero }),
        svg("circle", { cx: x, cy: y, r: i === points.length - 1 ? 6 : 3.5 }), number(values[i], x, y, 10))));
  }

  /** The name of a row: a sign, and a word where there is room. @param {"x" | "g" | "product" | "sum"} name @param {number} y */
  function label(name, y) {
    const sign = { x: "x", g: "g", product: "×", sum: "Σ" }[name];
    return svg("g", { class: `label ${name}` }, svg("text", { class: "sign", x: 2, y }, sign),
      gutter > 40 ? svg("text", { class: "word", x: 2, y: y + 17 }, t(/** @type {StringKey} */ (`overlap.row.${name}`))) : null);
  }

  return {
    element,
    /** @param {OverlapState} of @param {OverlapResponse} overlap */
    load(of, overlap) {
      loaded = { settings: of, overlap };
      draw();
    },
    show,
    stop: () => resized.disconnect(),
  };
}

/** The top of each row, and the height of all. @returns {[Record<"x" | "g" | "product" | "sum", number>, number]} */
function stack() {
  let top = 0;
  const tops = { x: 0, g: 0, product: 0, sum: 0 };
  for (const [name, height] of ROWS) {
    tops[name] = top;
    top += height + GAP;
  }
  return [tops, top];
}

/** The values that an axis holds, zero among them. @param {number[]} values @returns {[number, number]} */
const rangeOf = (values) => [Math.min(0, ...values), Math.max(0, ...values)];

/**
 * Where a value is in a row, with room for its number above it, and below it where some are negative.
 * @param {number} value
 * @param {number} top
 * @param {number} height
 * @param {[number, number]} range
 */
function scale(value, top, height, [least, most]) {
  const [above, below] = [most > 0 || least === 0 ? NUMBER : 6, least < 0 ? NUMBER : 4];
  return top + above + ((most - value) / (most - least || 1)) * (height - above - below);
}
