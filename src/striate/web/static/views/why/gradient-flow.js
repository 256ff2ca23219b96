/** The norm of the gradient over depth: a plain network and a residual one of the same depth, at initialization. */

import { get } from "../../lib/api.js";
import { lineChart } from "../../lib/chart.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";

/** @import { GradientFlow, WhyState } from "../../lib/types.d.ts" */

const DEPTHS = [20, 32, 44, 56];

/**
 * @param {WhyState} settings its `depth` changes here
 * @returns {{ element: HTMLElement, load: () => Promise<void>, unmount: () => void }}
 */
export function gradientFlowCard(settings) {
  let unmounted = false;
  const chart = h("div", {});
  const summary = h("ul", { class: "summary" });
  const element = h("section", { class: "card gradient", "aria-busy": "true", "aria-label": t("why.flow") },
    h("h2", {}, t("why.flow")),
    h("p", { class: "muted explanation" }, t("why.flow.why")),
    h("fieldset", { class: "depths" }, h("legend", {}, t("why.depth")), DEPTHS.map((depth) =>
      h("label", {}, h("input", { type: "radio", name: "depth", value: String(depth), checked: depth === settings.depth,
        on: { change: () => {
          settings.depth = depth;
          void load();
        } } }), String(depth)))),
    h("div", { class: "columns" }, chart,
      h("div", {}, h("div", { role: "status" }, summary), h("p", { class: "muted explanation" }, t("why.flow.how")))));

  const load = coalesce(async () => {
    element.setAttribute("aria-busy", "true");
    try {
      const { networks } = await get("gradient-flow", { tables: `plain${settings.depth},resnet${settings.depth}` });
      if (!unmounted) show(networks);
    } catch (error) {
      if (!unmounted) showError(error);
    } finally {
      element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {GradientFlow[]} networks */
  function show(networks) {
    replaceChildren(chart, lineChart({
      label: t("why.flow.label"), x: t("why.flow.x"), y: t("why.flow.y"), log: true, yRange: powersOfTen(networks),
      width: chart.clientWidth || 620, height: 280,
      lines: networks.map((network, i) => ({
        name: network.name, color: i, dashed: network.shortcuts, dots: true,
        points: network.depths.map((depth, at) => /** @type {[number, number]} */ ([depth, network.gradients[at]])),
      })),
    }));
    replaceChildren(summary, networks.map((network) => h("li", {}, h("strong", {}, network.name), ` ${summarize(network)}`)));
  }

  return { element, load, unmount: () => (unmounted = true) };
}

/**
 * The powers of ten around all gradients.
 * @param {GradientFlow[]} networks
 * @returns {[number, number]}
 */
function powersOfTen(networks) {
  const exponents = networks.flatMap(({ gradients }) => gradients.filter((one) => one > 0)).map(Math.log10);
  return [10 ** Math.floor(Math.min(...exponents)), 10 ** Math.ceil(Math.max(...exponents))];
}

/** @param {GradientFlow} network */
function summarize({ growth, spread }) {
  if (growth === null) return t("why.flow.none");
  const change = t(growth > 1 ? "why.flow.grows" : "why.flow.fades", { share: formatPercent(Math.abs(growth - 1)) });
  return spread === null ? change : `${change} ${t("why.flow.spread", { factor: formatNumber(spread, { maximumSignificantDigits: 3 }) })}`;
}
