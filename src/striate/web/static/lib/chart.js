/** Line charts as SVG: probability over a change, loss over epochs, response over orientation. */

import { h, svg } from "./dom.js";
import { formatNumber } from "./i18n.js";

/** @import { Chart, ChartLine } from "./types.d.ts" */
/** @typedef {(value: number) => number} Scale */

const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;

/**
 * A chart with its legend.
 * @param {Chart} chart
 * @returns {HTMLElement}
 */
export function lineChart(chart) {
  const { width = 560, height = 260 } = chart;
  const lines = chart.lines.filter((line) => line.points.length > 0);
  const points = lines.flatMap((line) => line.points.filter(([, y]) => Number.isFinite(y) && (!chart.log || y > 0)));
  const xRange = chart.xRange ?? extent(points.map(([x]) => x));
  const transform = chart.log ? Math.log10 : (/** @type {number} */ y) => y;
  const yRange = (chart.yRange ?? extent(points.map(([, y]) => y))).map(transform);
  const xScale = linearScale(xRange[0], xRange[1], LEFT, width - RIGHT);
  const yScale = linearScale(yRange[0], yRange[1], height - BOTTOM, TOP);
  const middle = (TOP + height - BOTTOM) / 2;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": chart.label, class: "chart" },
    yTicks(chart, yRange, yScale, width),
    xTicks(xRange, xScale, height),
    chart.marker === undefined
      ? null
      : svg("line", { class: "marker", x1: xScale(chart.marker), x2: xScale(chart.marker), y1: TOP, y2: height - BOTTOM }),
    lines.map((line, i) => chartLine(line, i, xScale, (y) => yScale(transform(y)), Boolean(chart.log))),
    svg("text", { class: "axis", x: (LEFT + width - RIGHT) / 2, y: height - 6, "text-anchor": "middle" }, chart.x),
    svg("text", { class: "axis", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, chart.y),
  );
  const legend = chart.legend === false ? null : h("ul", { class: "legend" }, lines.map((line, i) =>
    h("li", { class: lineClass(line, i) }, line.name)));
  return h("figure", { class: "chart-box" }, picture, legend);
}

/**
 * @param {ChartLine} line
 * @param {number} i
 */
const lineClass = (line, i) => `line-${line.color ?? i}${line.dashed ? " dashed" : ""}`;

/**
 * @param {ChartLine} line
 * @param {number} i
 * @param {Scale} xScale
 * @param {Scale} yScale
 * @param {boolean} log
 */
function chartLine(line, i, xScale, yScale, log) {
  const points = line.points
    .filter(([, y]) => Number.isFinite(y) && (!log || y > 0))
    .map(([x, y]) => [xScale(x), yScale(y)]);
  return svg(
    "g",
    { class: lineClass(line, i) },
    svg("polyline", { points: points.map((point) => point.map((number) => number.toFixed(1)).join(",")).join(" ") }),
    line.dots || points.length === 1 ? points.map(([x, y]) => svg("circle", { cx: x, cy: y, r: 3 })) : null,
  );
}

/**
 * @param {Chart} chart
 * @param {number[]} range
 * @param {Scale} yScale
 * @param {number} width
 */
function yTicks(chart, range, yScale, width) {
  return ticks(range[0], range[1], chart.log ? 1 : 0).map((value) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: yScale(value), y2: yScale(value) }),
      svg("text", { x: LEFT - 6, y: yScale(value) + 4, "text-anchor": "end" }, yLabel(chart, value)),
    ),
  );
}

/**
 * @param {Chart} chart
 * @param {number} value on a logarithmic axis, the power of ten
 */
function yLabel(chart, value) {
  if (chart.log) return value < -4 ? `1e${value}` : formatNumber(10 ** value, { maximumSignificantDigits: 1, notation: "compact" });
  if (chart.percent) return formatNumber(value, { style: "percent", maximumFractionDigits: 1 });
  return formatNumber(value, { maximumSignificantDigits: 3, notation: "compact" });
}

/**
 * @param {number[]} range
 * @param {Scale} xScale
 * @param {number} height
 */
function xTicks(range, xScale, height) {
  return ticks(range[0], range[1], 0).map((value) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: xScale(value), x2: xScale(value), y1: height - BOTTOM, y2: height - BOTTOM + 4 }),
      svg("text", { x: xScale(value), y: height - BOTTOM + 17, "text-anchor": "middle" },
        formatNumber(value, { maximumSignificantDigits: 4 })),
    ),
  );
}

/**
 * About five round numbers between two.
 * @param {number} from
 * @param {number} to
 * @param {number} minStep
 * @returns {number[]}
 */
function ticks(from, to, minStep) {
  const raw = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(minStep, ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power);
  const numbers = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) numbers.push(Number((i * step).toPrecision(12)));
  return numbers;
}

/**
 * @param {number[]} numbers
 * @returns {[number, number]}
 */
function extent(numbers) {
  if (numbers.length === 0) return [0, 1];
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} start
 * @param {number} end
 * @returns {Scale}
 */
const linearScale = (from, to, start, end) => (value) =>
  start + ((value - from) / (to - from || 1)) * (end - start);
