/** The gradient over depth, plain networks against residual ones of the same depth, at their first weights. */

import { get, latest } from "../../lib/api.js";
import { lineChart } from "../../lib/chart.js";
import { fill, h } from "../../lib/dom.js";
import { n, percent, t } from "../../lib/language.js";
import { notice } from "../../lib/notice.js";

/**
 * @typedef {{
 *   name: string, shortcuts: boolean, depths: number[], gradients: number[], growth: number | null, spread: number | null,
 * }} Flow
 */

const DEPTHS = [20, 32, 44, 56];

/** What stays when the view is left: how deep the two networks are. */
const kept = { depth: 56 };

/** @returns {{ element: HTMLElement, show: () => Promise<void>, end: () => void }} */
export function gradients() {
  let gone = false;
  const place = h("div", { class: "flow" });
  const told = h("ul", { class: "told" });
  const element = h("section", { class: "card gradient", "aria-busy": "true", "aria-label": t("why.flow") },
    h("h2", {}, t("why.flow")),
    h("p", { class: "quiet" }, t("why.flow.why")),
    h("fieldset", { class: "depths" }, h("legend", {}, t("why.depth")), DEPTHS.map((depth) =>
      h("label", {}, h("input", { type: "radio", name: "depth", value: String(depth), checked: depth === kept.depth,
        on: { change: () => {
          kept.depth = depth;
          void show();
        } } }), String(depth)))),
    h("div", { class: "beside" }, place, h("div", {}, h("div", { role: "status" }, told), h("p", { class: "quiet" }, t("why.flow.how")))));

  const show = latest(async () => {
    element.setAttribute("aria-busy", "true");
    try {
      const { networks } = await get("gradient-flow", { tables: `plain${kept.depth},resnet${kept.depth}` });
      if (!gone) draw(networks);
    } catch (error) {
      if (!gone) notice(error);
    } finally {
      element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {Flow[]} networks */
  function draw(networks) {
    fill(place, lineChart({
      label: t("why.flow.label"), x: t("why.flow.x"), y: t("why.flow.y"), log: true, yRange: decades(networks),
      width: place.clientWidth || 620, height: 280,
      lines: networks.map((network, i) => ({
        name: network.name, colour: i, dashed: network.shortcuts, dots: true,
        points: network.depths.map((depth, at) => /** @type {[number, number]} */ ([depth, network.gradients[at]])),
      })),
    }));
    fill(told, networks.map((network) => h("li", {}, h("strong", {}, network.name), ` ${course(network)}`)));
  }

  return { element, show, end: () => (gone = true) };
}

/**
 * From a power of ten to another one, with all gradients between.
 * @param {Flow[]} networks
 * @returns {[number, number]}
 */
function decades(networks) {
  const powers = networks.flatMap(({ gradients }) => gradients.filter((one) => one > 0)).map(Math.log10);
  return [10 ** Math.floor(Math.min(...powers)), 10 ** Math.ceil(Math.max(...powers))];
}

/**
 * How the gradient changes on its way back, in words.
 * @param {Flow} network
 */
function course({ growth, spread }) {
  if (growth === null) return t("why.flow.none");
  const change = t(growth > 1 ? "why.flow.grows" : "why.flow.fades", { share: percent(Math.abs(growth - 1)) });
  return spread === null ? change : `${change} ${t("why.flow.spread", { factor: n(spread, { maximumSignificantDigits: 3 }) })}`;
}
