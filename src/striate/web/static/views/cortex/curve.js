/** The tuning curve, of the orientations seen so far: response over orientation, and the same about a centre. */

import { lineChart } from "../../lib/chart.js";
import { fill, h, svg } from "../../lib/dom.js";
import { n, t } from "../../lib/language.js";

/** @typedef {import("../cortex.js").Turn} Turn */

/** @returns {{ element: HTMLElement, show: (turn: Turn, seen: Set<number>, at: number) => void }} */
export function curve() {
  const chart = h("div", { class: "chart-place" });
  const rose = h("div", { class: "rose-place" });
  const verdict = h("p", { class: "told", role: "status" });
  return {
    element: h("div", { class: "curve" }, chart, h("div", { class: "beside" }, rose, verdict)),
    show(turn, seen, at) {
      const label = t("cortex.seen", { seen: seen.size, all: turn.orientations.length });
      const done = seen.size === turn.orientations.length;
      const range = /** @type {[number, number]} */ (padded(Math.min(0, ...turn.responses), Math.max(0, ...turn.responses)));
      fill(chart, lineChart({
        label: `${t("cortex.curve")}. ${label}`, x: t("cortex.x"), y: t("cortex.y"), xRange: [0, 180], yRange: range,
        mark: turn.orientations[at], width: chart.clientWidth || 520, height: 250, legend: false,
        lines: [...runs(turn, seen), ...(done && turn.preferred !== null ? [preferredLine(turn.preferred, range)] : [])],
      }));
      fill(rose, drawnRose(turn, seen, at, done));
      const told = done ? found(turn) : label;
      if (verdict.textContent !== told) verdict.textContent = told;
    },
  };
}

/**
 * What a unit prefers, once all orientations were seen; a unit that prefers none is said to prefer none.
 * @param {Turn} turn
 */
function found(turn) {
  if (turn.preferred === null) return t("cortex.silent");
  const values = {
    degrees: n(turn.preferred, { maximumFractionDigits: 0 }),
    selectivity: n(turn.selectivity, { maximumFractionDigits: 2, minimumFractionDigits: 2 }),
  };
  return t(turn.selective ? "cortex.selective" : "cortex.unselective", values);
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
function padded(low, high) {
  if (low === high) return [-1, 1];
  const room = (high - low) * 0.05;
  return [low < 0 ? low - room : 0, high > 0 ? high + room : 0];
}

/**
 * A line for each run of neighbours that were seen: nothing is drawn over what was not.
 * @param {Turn} turn
 * @param {Set<number>} seen
 * @returns {import("../../lib/chart.js").Line[]}
 */
function runs(turn, seen) {
  /** @type {import("../../lib/chart.js").Line[]} */
  const lines = [];
  turn.orientations.forEach((degrees, i) => {
    if (!seen.has(i)) return;
    if (!seen.has(i - 1)) lines.push({ name: "", points: [], colour: 0, dots: true });
    lines[lines.length - 1].points.push([degrees, turn.responses[i]]);
  });
  return lines;
}

/**
 * @param {number} preferred
 * @param {[number, number]} range
 * @returns {import("../../lib/chart.js").Line}
 */
const preferredLine = (preferred, range) => ({
  name: "", points: range.map((y) => /** @type {[number, number]} */ ([preferred, y])), colour: 1, dashed: true,
});

/**
 * Each orientation seen as a bar through the centre, as long as what it adds to the unit's value.
 * @param {Turn} turn
 * @param {Set<number>} seen
 * @param {number} at
 * @param {boolean} done
 */
function drawnRose(turn, seen, at, done) {
  const most = Math.max(...turn.responses, 0) || 1;
  const bar = (/** @type {string} */ name, /** @type {number} */ degrees, /** @type {number} */ length) => {
    const [x, y] = [Math.cos((degrees * Math.PI) / 180) * length, Math.sin((degrees * Math.PI) / 180) * length];
    return svg("line", { class: name, x1: -x, y1: y, x2: x, y2: -y });
  };
  return svg(
    "svg",
    { viewBox: "-110 -110 220 220", class: "rose", role: "img", "aria-label": t("cortex.rose") },
    [50, 100].map((r) => svg("circle", { class: "ring", r })),
    turn.responses.map((response, i) => {
      if (!seen.has(i)) return null;
      return bar(i === at ? "now" : "spoke", turn.orientations[i], (Math.max(0, response) / most) * 100);
    }),
    done && turn.preferred !== null ? bar("preferred", turn.preferred, 106) : null,
  );
}
