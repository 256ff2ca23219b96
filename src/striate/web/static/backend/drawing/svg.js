/** A network's drawing as elements, in the style that fits; striate/drawing/svg.py. */

import { roundHalfEven } from "../../engine/rounding.js";
import { printable } from "../../engine/spelling.js";
import { drawBlocks, makesBlock } from "./blocks.js";
import { drawFlow } from "./columns.js";
import { wrap } from "./labels.js";
import { legend } from "./layout.js";
import { group, placed, text } from "./marks.js";
import { GREY, INK } from "./palette.js";

/** @import { TablePlan } from "../tables/types.d.ts" */
/** @import { Element, Figure, Mark, Point } from "./types.d.ts" */

const FONT = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif";
const MARGIN = 22, LEGEND = 10;
const NARROWEST = 380;
const MOST_BLOCKS = 16;

/** @type {Element} */
const ARROWHEAD = ["marker", {
  id: "arrow", viewBox: "0 0 8 8", refX: "7.5", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto",
}, [["path", { d: "M0.5,1 L7.5,4 L0.5,7 Z", fill: INK }, []]]];

/** The drawing without a title: a short chain, and one of towers, as blocks of maps, any other network as boxes. @param {TablePlan} plan */
export function drawElements(plan) {
  const main = plan.steps.filter(makesBlock);
  const isShortChain = main.length <= MOST_BLOCKS && !plan.steps.some(({ row }) => row.type === "Concat" || row.type === "Add");
  const isBlocks = plan.table.towers > 1 || (isShortChain && !plan.heads.length);
  return documentOf(plan.table.name, isBlocks ? drawBlocks(plan) : drawFlow(plan), legend(plan, isBlocks));
}

/** The figure and the legend, on white. @param {string} name @param {Figure} figure @param {string} notes @returns {Element} */
function documentOf(name, figure, notes) {
  const room = Math.max(figure.width, NARROWEST);
  const marks = [placed(figure, MARGIN + (room - figure.width) / 2 + figure.left, MARGIN - 4)];
  let y = MARGIN - 4 + figure.height + 12;
  for (const words of wrap(notes, LEGEND, room)) {
    y += LEGEND + 4;
    marks.push(text(MARGIN, y, words, LEGEND, { anchor: "start", colour: GREY }));
  }
  const [width, height] = [spell(room + 2 * MARGIN), spell(y + MARGIN)];
  const spoken = printable(name.split(/\s+/).filter(Boolean).join(" "));
  return ["svg", {
    xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT, role: "img",
    "aria-label": spoken,
  }, [
    ["title", {}, spoken], ["defs", {}, [ARROWHEAD]], ["rect", { width, height, fill: "#ffffff" }, []],
    ...elementsOf(group(marks), 0, 0),
  ]];
}

/** The elements of a mark with its origin at (x, y). @param {Mark} mark @param {number} x @param {number} y @returns {Element[]} */
function elementsOf(mark, x, y) {
  switch (mark.kind) {
    case "group": {
      const inner = mark.marks.flatMap((one) => elementsOf(one, x + mark.x, y + mark.y));
      if (!mark.title && !Object.keys(mark.attributes).length) return inner;
      return [["g", mark.attributes, [...(mark.title ? [/** @type {Element} */ (["title", {}, mark.title])] : []), ...inner]]];
    }
    case "rect":
      return [["rect", {
        x: spell(x + mark.x), y: spell(y + mark.y), width: spell(mark.width), height: spell(mark.height),
        ...(mark.radius ? { rx: spell(mark.radius) } : {}), fill: mark.fill, stroke: INK, "stroke-width": String(mark.line),
      }, []]];
    case "circle":
      return [["circle", { cx: spell(x + mark.x), cy: spell(y + mark.y), r: spell(mark.radius), fill: "#ffffff", stroke: INK }, []]];
    case "polygon":
      return [["polygon", {
        points: mark.points.map(([px, py]) => spellPoint([x + px, y + py])).join(" "), fill: mark.fill,
        stroke: INK, "stroke-width": "0.8", "stroke-linejoin": "round",
      }, []]];
    case "line":
      return [["path", {
        d: pathOf(mark.points.map(([px, py]) => [x + px, y + py]), mark.radius), fill: "none", stroke: INK,
        "stroke-width": spell(mark.width), ...(mark.isDashed ? { "stroke-dasharray": "1.5 3" } : {}),
        ...(mark.hasArrow ? { "marker-end": "url(#arrow)" } : {}),
      }, []]];
    case "text":
      return [["text", {
        x: spell(x + mark.x), y: spell(y + mark.y), "font-size": spell(mark.size),
        ...(mark.anchor === "start" ? {} : { "text-anchor": mark.anchor }), ...(mark.isBold ? { "font-weight": "bold" } : {}),
        ...(mark.hasHalo ? { stroke: "#ffffff", "stroke-width": "3", "stroke-linejoin": "round", "paint-order": "stroke" } : {}),
        fill: mark.colour,
      }, mark.words || []]];
  }
}

/** The path commands of a line with rounded inner corners. @param {Point[]} points @param {number} radius */
function pathOf(points, radius) {
  const commands = [`M${spellPoint(points[0])}`];
  for (let index = 1; index < points.length - 1; index++) {
    const corner = points[index];
    if (radius) {
      const [start, end] = [points[index - 1], points[index + 1]].map((other) => towards(corner, other, radius));
      commands.push(`L${spellPoint(start)} Q${spellPoint(corner)} ${spellPoint(end)}`);
    } else {
      commands.push(`L${spellPoint(corner)}`);
    }
  }
  return [...commands, `L${spellPoint(points[points.length - 1])}`].join(" ");
}

/**
 * The point from a corner towards another point, at the radius or at half the distance.
 * @param {Point} corner
 * @param {Point} other
 * @param {number} radius
 * @returns {Point}
 */
function towards([x, y], [otherX, otherY], radius) {
  const [dx, dy] = [otherX - x, otherY - y];
  const length = (dx * dx + dy * dy) ** 0.5;
  const share = length ? Math.min(radius / length, 0.5) : 0;
  return [x + dx * share, y + dy * share];
}

/** @param {Point} point */
const spellPoint = ([x, y]) => `${spell(x)},${spell(y)}`;

/** A number with one digit after the point, unless it is 0; of two as near the even one, as Python has it. @param {number} value */
function spell(value) {
  const isBetween = Math.abs(value * 4) % 2 === 1; // .25 or .75 is as near to both
  const words = Object.is(value, -0) ? "-0" : (isBetween ? roundHalfEven(value * 10) / 10 : value).toFixed(1);
  return words.endsWith(".0") ? words.slice(0, -2) : words;
}
