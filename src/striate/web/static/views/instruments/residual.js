/** A residual unit over the picture, its weights times a factor; beside it, without the shortcut, a plain block. */

import { postPicture } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { currentPicture, state, watchModel } from "../../lib/state.js";
import { segments, slider } from "./controls.js";
import { blockDiagram } from "./residual/diagram.js";
import { mapFigures } from "./residual/maps.js";
import { optionsTable } from "./residual/options.js";
import { MOST_WEIGHT, settings } from "./residual/state.js";

/** @import { ResidualResponse } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  const [maps, chain] = [h("div", { class: "maps" }), h("div", { class: "maps chain" })];
  const diagram = h("div", { class: "diagram" });
  const says = h("p", { class: "says", role: "status" });
  const gradient = h("p", {});
  const options = h("div", { class: "options" });
  const weight = slider({ id: "residual-weight", label: t("residual.weight"),
    format: (value) => `× ${formatNumber(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`,
    onInput: (value) => {
      settings.weight = value;
      void update();
    } });
  const kind = segments({ label: t("residual.kind"), choices: [["residual", t("residual.unit")], ["plain", t("residual.plain")]],
    onChoose: (value) => {
      settings.plain = value === "plain";
      kind.show(value);
      void update();
    } });
  const centred = h("input", { type: "checkbox", id: "residual-centred", checked: settings.centred, on: { change: () => {
    settings.centred = centred.checked;
    void update();
  } } });
  const again = () => {
    settings.seed += 1;
    void update();
  };
  const stage = h("section", { class: "card main", "aria-label": t("residual.stage"), "aria-busy": "true" },
    h("div", { class: "settings" }, kind.element, weight.element), diagram, says, maps,
    h("h2", {}, t("residual.gradient")), gradient,
    h("h2", {}, t("residual.chain")), chain);

  const update = coalesce(async () => {
    stage.setAttribute("aria-busy", "true");
    try {
      const { weight: factor, plain, centred: isCentred, seed } = settings;
      const query = { model: state.model, weight: factor, plain: Number(plain), centred: Number(isCentred), seed };
      const answer = await postPicture("instruments/residual", currentPicture().blob, query);
      if (!unmounted) show(answer, plain, factor);
    } catch (error) {
      if (!unmounted) showError(error);
    }
    stage.setAttribute("aria-busy", "false");
  });

  /** @param {ResidualResponse} answer @param {boolean} plain @param {number} factor */
  function show(answer, plain, factor) {
    replaceChildren(diagram, blockDiagram(answer.gradient, plain, factor));
    setText(says, saysOf(answer, plain, factor));
    replaceChildren(maps, mapFigures(answer.maps, [t("residual.input"), t("residual.output"), t("residual.difference")]));
    setText(gradient, gradientOf(answer, plain));
    replaceChildren(chain, mapFigures(answer.chain.maps, answer.chain.blocks.map((blocks, i) =>
      t(blocks === 1 ? "residual.after.one" : "residual.after", { blocks, size: formatPercent(answer.chain.sizes[i]) }))));
    replaceChildren(options, optionsTable(answer.options));
  }

  replaceChildren(root, stage,
    h("section", { class: "card side", "aria-label": t("residual.controls") },
      h("label", { class: "choice check" }, centred, h("span", {}, t("residual.centred"))),
      h("button", { on: { click: again } }, t("residual.again")),
      h("p", { class: "muted explanation" }, t("residual.how")), h("p", {}, h("a", { href: "#draw" }, t("picture.other")))),
    h("section", { class: "card sizes", "aria-label": t("residual.sizes") }, h("h2", {}, t("residual.sizes")),
      h("p", { class: "muted" }, t("residual.sizes.why")), options));
  weight.show(settings.weight, { min: 0, max: MOST_WEIGHT, step: 0.05 });
  kind.show(settings.plain ? "plain" : "residual");
  const stopWatching = watchModel(() => void update());
  void update();
  return () => {
    unmounted = true;
    stopWatching();
  };
}

/** What the block does to its input. @param {ResidualResponse} answer @param {boolean} plain @param {number} factor */
function saysOf({ difference, negative }, plain, factor) {
  const share = formatPercent(difference);
  if (factor === 0) return plain ? t("residual.says.nothing") : t(negative ? "residual.says.relu" : "residual.says.identity", { share });
  return t(plain ? "residual.says.plain" : "residual.says.unit", { share });
}

/** What passes through each path, of the gradient at the sum. @param {ResidualResponse} answer @param {boolean} plain */
function gradientOf({ gradient: { at_sum: whole, body, shortcut, together } }, plain) {
  if (whole === 0) return t("residual.gradient.none");
  const of = (/** @type {number} */ part) => formatPercent(part / whole);
  const shares = { body: of(body), shortcut: of(shortcut), together: of(together) };
  return t(plain ? "residual.gradient.plain" : "residual.gradient.unit", shares);
}
