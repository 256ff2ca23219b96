/** Gradient descent looks for a filter: its kernel, the difference and the loss at each step. */

import { postPicture } from "../../lib/api.js";
import { decodeBase64, diverging, paintImage, paintMap } from "../../lib/canvas.js";
import { lineChart } from "../../lib/chart.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { powerOfTen } from "../../lib/powers.js";
import { currentPicture, state, watchModel } from "../../lib/state.js";
import { slider } from "./controls.js";
import { kernelPictures } from "./learned-filter/kernels.js";
import { settings, TARGETS } from "./learned-filter/state.js";
import { player } from "./player.js";

/** @import { LearnedFilterResponse, StringKey } from "../../lib/types.d.ts" */

const INTERVAL = 250; // milliseconds between two steps
const LEAST = 1e-10; // of what the chart shows

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  /** @type {LearnedFilterResponse | null} */
  let answer = null;
  /** @type {Uint8Array} */
  let maps = new Uint8Array();
  const [picture, wanted, made] = [0, 1, 2].map(() => h("canvas", { role: "img" }));
  const names = /** @type {const} */ (["learned.picture", "learned.wanted", "learned.made"]);
  const kernels = kernelPictures();
  const says = h("p", { class: "says", role: "status" });
  const chart = h("div", { class: "plot" });
  const count = () => answer?.steps.length ?? 1;
  const play = player({ at: present, count, interval: () => INTERVAL, go: show });
  const step = slider({ id: "learned-step", label: t("learned.step"), onInput: (at) => {
    play.stop();
    show(at);
  }, format: (at) => t("learned.step.of", { step: answer?.steps[at] ?? 0, last: answer?.steps[count() - 1] ?? 0 }) });
  const target = h("select", { id: "learned-target", on: { change: () => {
    settings.target = TARGETS[target.selectedIndex];
    void update();
  } } }, TARGETS.map((name) =>
    h("option", { value: name, selected: name === settings.target }, t(/** @type {StringKey} */ (`learned.target.${name}`)))));
  const again = () => {
    Object.assign(settings, { seed: settings.seed + 1, step: 0 });
    void update();
  };
  const stage = h("section", { class: "card main", "aria-label": t("learned.stage"), "aria-busy": "true" }, says,
    h("div", { class: "three" }, [picture, wanted, made].map((canvas, i) => h("figure", {}, canvas, h("figcaption", {}, t(names[i]))))),
    kernels.element, h("div", { class: "at" }, step.element, play.element), chart);

  const update = coalesce(async () => {
    play.stop();
    stage.setAttribute("aria-busy", "true");
    try {
      const query = { model: state.model, target: settings.target, seed: settings.seed };
      const found = await postPicture("instruments/learned-filter", currentPicture().blob, query);
      if (!unmounted) load(found);
    } catch (error) {
      if (!unmounted) showError(error);
    }
    stage.setAttribute("aria-busy", "false");
  });

  /** @param {LearnedFilterResponse} found */
  function load(found) {
    answer = found;
    maps = decodeBase64(found.maps.maps);
    paintImage(picture, decodeBase64(found.picture.pixels), found.picture.shape);
    paintMap(wanted, maps, found.maps.size, diverging, 0);
    [picture, wanted].forEach((canvas, i) => canvas.setAttribute("aria-label", t(names[i])));
    show(present());
  }

  /** The place of the step that is shown among those that are sent, or of the last before it. */
  function present() {
    const later = answer?.steps.findIndex((one) => one > settings.step) ?? 1;
    return (later < 0 ? count() : later) - 1;
  }

  /** @param {number} at */
  function show(at) {
    if (!answer) return;
    const { steps, losses, errors, kernels: found, target: filter, maps: { size } } = answer;
    settings.step = steps[at];
    step.show(at, { min: 0, max: count() - 1, step: 1 });
    paintMap(made, maps, size, diverging, (at + 1) * size[0] * size[1]);
    made.setAttribute("aria-label", t("learned.made"));
    kernels.show(found[at], filter);
    const values = { step: settings.step, loss: powerOfTen(losses[at]), error: powerOfTen(errors[at]) };
    setText(says, t(at === 0 ? "learned.random" : "learned.now", values));
    /** @param {number[]} numbers */
    const line = (numbers) => steps.map((one, i) => /** @type {[number, number]} */ ([one, numbers[i]])).filter(([, y]) => y >= LEAST);
    const all = [...losses, ...errors].filter((number) => number >= LEAST);
    replaceChildren(chart, lineChart({
      label: t("learned.chart"), x: t("learned.x"), y: "", log: true, marker: settings.step, xRange: [0, steps[count() - 1]],
      yRange: [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))],
      width: chart.clientWidth || 640, height: 260,
      lines: [{ name: t("learned.loss"), points: line(losses), color: 0 },
        { name: t("learned.error"), points: line(errors), color: 1, dashed: true }],
    }));
  }

  replaceChildren(root, stage,
    h("section", { class: "card side", "aria-label": t("learned.controls") },
      h("label", { class: "choice" }, h("span", {}, t("learned.target")), target),
      h("button", { on: { click: again } }, t("learned.again")),
      h("p", {}, h("a", { href: "#draw" }, t("picture.other")))),
    h("section", { class: "card side notes explanation", "aria-label": t("instruments.notes") },
      h("p", { class: "muted" }, t("learned.how"))));
  root.classList.add("with-notes");
  const stopWatching = watchModel(() => void update());
  void update();
  return () => {
    unmounted = true;
    play.stop();
    stopWatching();
  };
}
