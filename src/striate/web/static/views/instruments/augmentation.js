/** Augmentation: draws of one's own picture, as training gets it, what was drawn for each, and the network's answer. */

import { postPicture } from "../../lib/api.js";
import { decodeBase64, paintImage } from "../../lib/canvas.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { currentPicture, state, watchModel } from "../../lib/state.js";
import { slider } from "./controls.js";
import { describeStep } from "./augmentation/steps.js";
import { MOST_DRAWS, RECIPES, settings } from "./augmentation/state.js";

/** @import { AugmentationResponse, ClassProbability, InputImage, StringKey } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  const [unvaried, pictures] = [h("div", { class: "pictures unvaried" }), h("ol", { class: "pictures drawn" })];
  const summary = h("p", { class: "summary", role: "status" });
  const notes = h("div", { class: "stack" });
  const draws = slider({ id: "augmentation-draws", label: t("augmentation.draws"), format: String, onInput: (value) => {
    settings.draws = value;
    void update();
  } });
  const recipe = h("select", { id: "augmentation-recipe", on: { change: () => {
    settings.recipe = RECIPES[recipe.selectedIndex];
    void update();
  } } }, RECIPES.map((name) =>
    h("option", { value: name, selected: name === settings.recipe }, t(/** @type {StringKey} */ (`augmentation.recipe.${name}`)))));
  const again = () => {
    settings.seed += 1;
    void update();
  };
  const stage = h("section", { class: "card main", "aria-label": t("augmentation.stage"), "aria-busy": "true" }, summary,
    h("div", { class: "columns" }, unvaried, pictures));

  const update = coalesce(async () => {
    stage.setAttribute("aria-busy", "true");
    try {
      const { draws: count, seed, recipe: name } = settings;
      const query = { model: state.model, draws: count, seed, recipe: name };
      const answer = await postPicture("instruments/augmentation", currentPicture().blob, query);
      if (!unmounted) show(answer);
    } catch (error) {
      if (!unmounted) showError(error);
    }
    stage.setAttribute("aria-busy", "false");
  });

  /** @param {AugmentationResponse} answer */
  function show(answer) {
    const [unchanged] = answer.top;
    const same = answer.draws.filter(({ top: [best] }) => best.index === unchanged.index).length;
    setText(summary, t("augmentation.summary", { same, draws: answer.draws.length, class: unchanged.class }));
    replaceChildren(unvaried, h("div", {}, pictureOf(t("augmentation.unchanged"), answer.input, unchanged, unchanged)));
    replaceChildren(pictures, answer.draws.map(({ input, top: [best], steps }, i) => h("li", {},
      pictureOf(t("augmentation.draw", { number: formatNumber(i + 1) }), input, best, unchanged),
      h("ul", { class: "steps muted" },
        steps.map((step) => describeStep(step, answer.size)).filter(Boolean).map((step) => h("li", {}, step))))));
    const isGray = answer.input.shape[0] === 1;
    replaceChildren(notes, [
      answer.kinds.length === 0 ? t("augmentation.none") : null,
      answer.kinds.includes("PCAColour") ? t(isGray ? "augmentation.gray" : "augmentation.components") : null,
    ].filter(Boolean).map((note) => h("p", { class: "muted" }, note)));
  }

  replaceChildren(root, stage,
    h("section", { class: "card side", "aria-label": t("augmentation.controls") },
      h("label", { class: "choice" }, h("span", {}, t("augmentation.recipe")), recipe),
      draws.element, h("button", { on: { click: again } }, t("augmentation.again"))),
    h("section", { class: "card side notes explanation", "aria-label": t("instruments.notes") }, notes,
      h("p", { class: "muted" }, t("augmentation.how")), h("p", {}, h("a", { href: "#draw" }, t("picture.other")))));
  root.classList.add("with-notes");
  draws.show(settings.draws, { min: 1, max: MOST_DRAWS, step: 1 });
  const stopWatching = watchModel(() => void update());
  void update();
  return () => {
    unmounted = true;
    stopWatching();
  };
}

/**
 * A picture with the answer to it.
 * @param {string} name
 * @param {InputImage} input
 * @param {ClassProbability} best
 * @param {ClassProbability} unchanged
 */
function pictureOf(name, input, best, unchanged) {
  const canvas = h("canvas", { role: "img", "aria-label": name });
  paintImage(canvas, decodeBase64(input.pixels), input.shape);
  return [h("h2", {}, name), canvas,
    h("p", {}, h("strong", { class: best.index === unchanged.index ? null : "error" }, best.class), ` ${formatPercent(best.probability)}`)];
}
