/** Line charts as SVG: probability over a change, loss over epochs, response over orientation. */

import { h, svg } from "./dom.js";
import { formatNumber } from "./i18n.js";
import { superscript } from "./powers.js";
import { textScale } from "./presentation.js";

/** @import { Chart, ChartLine } from "./types.d.ts" */
/** @typedef {(value: number) => number} Scale */

const LETTER = 6.8; // of a number beside the axis; left of it the axis has its name
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 40;

/**
 * A chart with its legend.
 * @param {Chart} chart
 * @returns {HTMLElement}
 */
export function lineChart(chart) {
  const { width, height } = sizeInUnits(chart);
  const lines = chart.lines.filter((line) => line.points.length > 0);
  const points = lines.flatMap((line) => line.points.filter(([, y]) => Number.isFinite(y) && (!chart.log || y > 0)));
  const xRange = chart.xRange ?? extent(points.map(([x]) => x));
  const transform = chart.log ? Math.log10 : (/** @type {number} */ y) => y;
  const yRange = (chart.yRange ?? extent(points.map(([, y]) => y))).map(transform);
  const labels = yLabels(chart, yRange);
  const left = 30 + LETTER * Math.max(3, ...labels.map(([, text]) => text.length));
  const xScale = linearScale(xRange[0], xRange[1], left, width - RIGHT);
  const yScale = linearScale(yRange[0], yRange[1], height - BOTTOM, TOP);
  const middle = (TOP + height - BOTTOM) / 2;
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": chart.label, class: "chart" },
    yTicks(labels, yScale, left, width),
    xTicks(xRange, xScale, height),
    chart.marker === undefined
      ? null
      : svg("line", { class: "marker", x1: xScale(chart.marker), x2: xScale(chart.marker), y1: TOP, y2: height - BOTTOM }),
    lines.map((line, i) => chartLine(line, i, xScale, (y) => yScale(transform(y)), Boolean(chart.log))),
    svg("text", { class: "axis", x: (left + width - RIGHT) / 2, y: height - 6, "text-anchor": "middle" }, chart.x),
    svg("text", { class: "axis", x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` }, chart.y),
  );
  const legend = chart.legend === false ? null : h("ul", { class: "legend" }, lines.map((line, i) =>
    h("li", { class: lineClass(line, i) }, line.name)));
  return h("figure", { class: "chart-box" }, picture, legend);
}

/**
 * The size in the units of the view box. A unit is a pixel where the text of the page has its usual size; where the text is
 * larger, as in a presentation, so is the unit, and with it the text of the chart.
 * @param {Chart} chart
 */
function sizeInUnits({ width = 560, height = 260 }) {
  const unit = textScale();
  return { width: width / unit, height: height / Math.sqrt(unit) };
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
    line.band && bandShape(line.band, xScale, yScale, log),
    svg("polyline", { points: points.map((point) => point.map((number) => number.toFixed(1)).join(",")).join(" ") }),
    line.dots || points.length === 1 ? points.map(([x, y]) => svg("circle", { cx: x, cy: y, r: 3 })) : null,
  );
}

/**
 * The range around a line.
 * @param {[x: number, least: number, most: number][]} band
 * @param {Scale} xScale
 * @param {Scale} yScale
 * @param {boolean} log
 */
function bandShape(band, xScale, yScale, log) {
  const shown = band.filter(([, least]) => !log || least > 0);
  const edge = [...shown.map(([x, least]) => [x, least]), ...shown.map(([x, , most]) => [x, most]).reverse()];
  return svg("polygon", { class: "band", points: edge.map(([x, y]) => `${xScale(x).toFixed(1)},${yScale(y).toFixed(1)}`).join(" ") });
}

/**
 * @param {[value: number, text: string][]} labels
 * @param {Scale} yScale
 * @param {number} left
 * @param {number} width
 */
function yTicks(labels, yScale, left, width) {
  return labels.map(([value, text]) =>
    svg(
      "g",
      { class: "tick" },
      svg("line", { x1: left, x2: width - RIGHT, y1: yScale(value), y2: yScale(value) }),
      svg("text", { x: left - 6, y: yScale(value) + 4, "text-anchor": "end" }, text),
    ),
  );
}

/**
 * The numbers beside the axis and how they are written.
 * @param {Chart} chart
 * @param {number[]} range
 * @returns {[value: number, text: string][]}
 */
function yLabels(chart, range) {
  const values = ticks(range[0], range[1], chart.log ? 1 : 0);
  const write = numberWriter(chart, values);
  return values.map((value) => [value, write(value)]);
}

/**
 * How the numbers of an axis are written, all in one way.
 * @param {Chart} chart
 * @param {number[]} values on a logarithmic axis, the powers of ten
 * @returns {(value: number) => string}
 */
function numberWriter(chart, values) {
  if (chart.log) {
    const isPlain = values.every((power) => power >= -3 && power <= 4);
    return (power) => (isPlain ? formatNumber(10 ** power, { maximumSignificantDigits: 1 }) : `10${superscript(power)}`);
  }
  if (chart.percent) return (value) => formatNumber(value, { style: "percent", maximumFractionDigits: 1 });
  if (values.some((value) => Math.abs(value) >= 1e6)) return (value) => value.toExponential(); // those of a training that diverges
  return (value) => formatNumber(value, { maximumSignificantDigits: 4 });
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
