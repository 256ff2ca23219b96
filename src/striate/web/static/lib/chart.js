/** Lines over an axis, as SVG: probabilities over a change, a loss over epochs, responses over orientation. */

import { h, svg } from "./dom.js";
import { n } from "./language.js";

/**
 * @typedef {{ name: string, points: [number, number][], colour?: number, dashed?: boolean, dots?: boolean }} Line
 * @typedef {{
 *   label: string, x: string, y: string, lines: Line[],
 *   xRange?: [number, number], yRange?: [number, number], mark?: number, percent?: boolean, log?: boolean,
 *   width?: number, height?: number, legend?: boolean,
 * }} Chart
 */

const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;

/**
 * A chart with its legend. `label` is what a screen reader says of it, `x` and `y` name the axes, `mark` is a place on
 * the x axis that is pointed at.
 * @param {Chart} chart
 * @returns {HTMLElement}
 */
export function lineChart(chart) {
  const { width = 560, height = 260 } = chart;
  const shown = chart.lines.filter((line) => line.points.length > 0);
  const points = shown.flatMap((line) => line.points.filter(([, y]) => Number.isFinite(y) && (!chart.log || y > 0)));
  const xs = chart.xRange ?? extent(points.map(([x]) => x));
  const value = chart.log ? Math.log10 : (/** @type {number} */ y) => y;
  const ys = (chart.yRange ?? extent(points.map(([, y]) => y))).map(value);
  const across = scale(xs[0], xs[1], LEFT, width - RIGHT);
  const down = scale(ys[0], ys[1], height - BOTTOM, TOP);
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": chart.label, class: "chart" },
    yTicks(chart, ys, down, width),
    xTicks(xs, across, height),
    chart.mark === undefined
      ? null
      : svg("line", { class: "mark", x1: across(chart.mark), x2: across(chart.mark), y1: TOP, y2: height - BOTTOM }),
    shown.map((line, i) => drawn(line, i, across, (y) => down(value(y)), Boolean(chart.log))),
    svg("text", { class: "axis", x: (LEFT + width - RIGHT) / 2, y: height - 6, "text-anchor": "middle" }, chart.x),
    svg("text", { class: "axis", x: 12, y: (TOP + height - BOTTOM) / 2, "text-anchor": "middle",
      transform: `rotate(-90 12 ${(TOP + height - BOTTOM) / 2})` }, chart.y),
  );
  const legend =
    chart.legend === false
      ? null
      : h("ul", { class: "legend" }, shown.map((line, i) =>
          h("li", { class: `line-${line.colour ?? i}${line.dashed ? " dashed" : ""}` }, line.name)));
  return h("figure", { class: "chart-box" }, picture, legend);
}

/**
 * @param {Line} line
 * @param {number} i
 * @param {(x: number) => number} across
 * @param {(y: number) => number} down
 * @param {boolean} log
 */
function drawn(line, i, across, down, log) {
  const places = line.points
    .filter(([, y]) => Number.isFinite(y) && (!log || y > 0))
    .map(([x, y]) => [across(x), down(y)]);
  const name = `line-${line.colour ?? i}${line.dashed ? " dashed" : ""}`;
  return svg(
    "g",
    { class: name },
    svg("polyline", { points: places.map((place) => place.map((at) => at.toFixed(1)).join(",")).join(" ") }),
    line.dots || places.length === 1 ? places.map(([x, y]) => svg("circle", { cx: x, cy: y, r: 3 })) : null,
  );
}

/**
 * @param {Chart} chart
 * @param {number[]} ys
 * @param {(y: number) => number} down
 * @param {number} width
 */
function yTicks(chart, ys, down, width) {
  return ticks(ys[0], ys[1], chart.log ? 1 : 0).map((at) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: down(at), y2: down(at) }),
      svg("text", { x: LEFT - 6, y: down(at) + 4, "text-anchor": "end" }, written(chart, at)),
    ),
  );
}

/**
 * @param {Chart} chart
 * @param {number} at
 */
function written(chart, at) {
  if (chart.log) return at < -4 ? `1e${at}` : n(10 ** at, { maximumSignificantDigits: 1, notation: "compact" });
  if (chart.percent) return n(at, { style: "percent", maximumFractionDigits: 1 });
  return n(at, { maximumSignificantDigits: 3, notation: "compact" });
}

/**
 * @param {number[]} xs
 * @param {(x: number) => number} across
 * @param {number} height
 */
function xTicks(xs, across, height) {
  return ticks(xs[0], xs[1], 0).map((at) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: across(at), x2: across(at), y1: height - BOTTOM, y2: height - BOTTOM + 4 }),
      svg("text", { x: across(at), y: height - BOTTOM + 17, "text-anchor": "middle" }, n(at, { maximumSignificantDigits: 4 })),
    ),
  );
}

/**
 * Round numbers between two, about five.
 * @param {number} from
 * @param {number} to
 * @param {number} least the smallest step
 * @returns {number[]}
 */
export function ticks(from, to, least) {
  const raw = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(least, ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power);
  const found = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/**
 * @param {number[]} numbers
 * @returns {[number, number]}
 */
function extent(numbers) {
  if (numbers.length === 0) return [0, 1];
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
  return least === most ? [least - 0.5, most + 0.5] : [least, most];
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} start
 * @param {number} end
 */
const scale = (from, to, start, end) => (/** @type {number} */ value) =>
  start + ((value - from) / (to - from || 1)) * (end - start);
