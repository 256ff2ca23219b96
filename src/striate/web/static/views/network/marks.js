/** The lines of the diagram: connections at rest, and what a unit reads and feeds while it is looked at. */

import { svg } from "../../lib/dom.js";

/** @import { Box } from "../../lib/types.d.ts" */
/** @typedef {{ from: Box, to: Box, strength?: number | null }} Edge boxes on the diagram, in CSS pixels; strength from -1 to 1 */

/**
 * @returns {{
 *   elements: SVGSVGElement[], resize: (width: number, height: number) => void,
 *   rest: (marks: { lines: Edge[], bands: Edge[], streams: Edge[], arcs: (Edge & { top: number })[] }, across: boolean) => void,
 *   highlight: (marks: { read: Box[], fed: Box[], own: Box[], lines: Edge[], fedLines: Edge[] } | null, across: boolean) => void,
 * }} the layer below the maps and the one above them
 */
export function diagramMarks() {
  const resting = svg("g", { class: "resting" });
  const looking = svg("g", { class: "looking" });
  const below = svg("svg", { class: "marks below", "aria-hidden": "true" }, resting, looking);
  const boxes = svg("g", {});
  const above = svg("svg", { class: "marks above", "aria-hidden": "true" }, boxes);
  return {
    elements: [below, above],
    resize(width, height) {
      for (const layer of [below, above]) {
        layer.setAttribute("width", String(width));
        layer.setAttribute("height", String(height));
      }
    },
    rest({ lines, bands, streams, arcs }, across) {
      resting.replaceChildren(
        ...streams.map(({ from, to }) => svg("path", { class: "stream", d: late(from, to, across) })),
        ...bands.map(({ from, to }) => svg("path", { class: "band", d: band(from, to, across) })),
        ...lines.map((line) => edge(line, across)),
        ...arcs.map(({ from, to, top }) => svg("path", { class: "arc", d: arc(from, to, top, across) })));
    },
    highlight(marks, across) {
      below.classList.toggle("lit", marks !== null);
      looking.replaceChildren(...(marks ? [
        ...marks.lines.map((line) => edge(line, across)), ...marks.fedLines.map((line) => edge(line, across, "fed")),
      ] : []));
      boxes.replaceChildren(...(marks ? [
        ...marks.read.flatMap((box) => outline(box, "read")), ...marks.fed.flatMap((box) => outline(box, "fed")),
        ...marks.own.flatMap((box) => outline(box, "own")),
      ] : []));
    },
  };
}

/** @type {(edge: Edge, across: boolean, kind?: string) => SVGPathElement} */
function edge({ from, to, strength = null }, across, kind = "") {
  const sign = strength === null ? "" : strength < 0 ? "negative" : "positive";
  const path = svg("path", { class: `edge ${sign} ${kind}`.trim(), d: curve(from, to, across) });
  if (strength !== null) path.style.setProperty("--strength", String(Math.abs(strength)));
  return path;
}

/** A box with a dark line around it, so that it is seen on any colour. @type {(box: Box, kind: string) => SVGRectElement[]} */
const outline = ({ left, top, width, height }, kind) => ["halo", kind].map((name) =>
  svg("rect", { class: name, x: left - 0.5, y: top - 0.5, width: width + 1, height: height + 1 }));

/** From the middle of one side to that of the other: to the right, or down. @type {(from: Box, to: Box, across: boolean) => string} */
function curve(from, to, across) {
  const [x1, y1, x2, y2] = across
    ? [from.left + from.width, from.top + from.height / 2, to.left, to.top + to.height / 2]
    : [from.left + from.width / 2, from.top + from.height, to.left + to.width / 2, to.top];
  const [xm, ym] = [(x1 + x2) / 2, (y1 + y2) / 2];
  return across ? `M${n(x1)} ${n(y1)}C${n(xm)} ${n(y1)} ${n(xm)} ${n(y2)} ${n(x2)} ${n(y2)}`
    : `M${n(x1)} ${n(y1)}C${n(x1)} ${n(ym)} ${n(x2)} ${n(ym)} ${n(x2)} ${n(y2)}`;
}

/**
 * The same, straight ahead until the end is near: past the rows of another branch.
 * @type {(from: Box, to: Box, across: boolean) => string}
 */
function late(from, to, across) {
  const ahead = across ? to.left - from.left - from.width - 60 : to.top - from.top - from.height - 60;
  if (ahead <= 0) return curve(from, to, across);
  const start = across ? { ...from, width: from.width + ahead } : { ...from, height: from.height + ahead };
  const [x, y] = across ? [from.left + from.width, from.top + from.height / 2] : [from.left + from.width / 2, from.top + from.height];
  return `M${n(x)} ${n(y)}${curve(start, to, across).replace("M", "L")}`;
}

/** All with all: a surface between two sides. @type {(from: Box, to: Box, across: boolean) => string} */
function band(from, to, across) {
  if (!across) {
    const [y1, y2] = [from.top + from.height, to.top];
    const ym = (y1 + y2) / 2;
    return `M${n(from.left)} ${n(y1)}C${n(from.left)} ${n(ym)} ${n(to.left)} ${n(ym)} ${n(to.left)} ${n(y2)}H${n(to.left + to.width)}`
      + `C${n(to.left + to.width)} ${n(ym)} ${n(from.left + from.width)} ${n(ym)} ${n(from.left + from.width)} ${n(y1)}Z`;
  }
  const [x1, x2] = [from.left + from.width, to.left];
  const xm = (x1 + x2) / 2;
  return `M${n(x1)} ${n(from.top)}C${n(xm)} ${n(from.top)} ${n(xm)} ${n(to.top)} ${n(x2)} ${n(to.top)}V${n(to.top + to.height)}`
    + `C${n(xm)} ${n(to.top + to.height)} ${n(xm)} ${n(from.top + from.height)} ${n(x1)} ${n(from.top + from.height)}Z`;
}

/** A shortcut: around the rows between, at a height of its own. @type {(from: Box, to: Box, top: number, across: boolean) => string} */
function arc(from, to, top, across) {
  if (!across) {
    const [y1, x2, y2] = [from.top + from.height / 2, to.left + to.width, to.top + to.height / 2];
    return `M${n(from.left + from.width)} ${n(y1)}C${n(top)} ${n(y1)} ${n(top)} ${n(y1)} ${n(top)} ${n(y1 + 30)}`
      + `V${n(y2 - 30)}C${n(top)} ${n(y2)} ${n(top)} ${n(y2)} ${n(x2)} ${n(y2)}`;
  }
  const [x1, y1, x2, y2] = [from.left + from.width, from.top + 6, to.left + to.width / 2, to.top];
  return `M${n(x1)} ${n(y1)}C${n(x1 + 14)} ${n(y1)} ${n(x1)} ${n(top)} ${n(x1 + 24)} ${n(top)}`
    + `H${n(x2 - 24)}C${n(x2)} ${n(top)} ${n(x2)} ${n(top)} ${n(x2)} ${n(y2)}`;
}

/** @param {number} value */
const n = (value) => Math.round(value * 10) / 10;
