/** The gradient on its way from the loss to the input, with switches for all that makes it vanish or explode. */

import { get } from "../../lib/api.js";
import { lineChart } from "../../lib/chart.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { segments } from "./controls.js";
import { courseWords, settingName } from "./gradient-flow/words.js";
import { DEPTHS, INITIALIZATIONS, settings } from "./gradient-flow/state.js";

/** @import { BenchSetting, GradientCourse, StringKey } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  let unmounted = false;
  const chart = h("div", { class: "plot" });
  const words = h("div", { class: "words", role: "status" });
  const stage = h("section", { class: "card main", "aria-label": t("bench.stage"), "aria-busy": "true" }, words,
    h("p", { class: "axis muted" }, t("bench.y")), chart, h("p", { class: "muted" }, t("bench.read")));
  const switches = {
    depth: choice("depth", DEPTHS.map((depth) => [String(depth), String(depth)]), Number),
    shortcut: choice("shortcut", [["0", t("bench.shortcut.0")], ["1", t("bench.shortcut.1")]], (text) => text === "1"),
    batch_norm: choice("batch_norm", [["0", t("bench.batch_norm.0")], ["1", t("bench.batch_norm.1")]], (text) => text === "1"),
    initialization: choice("initialization",
      INITIALIZATIONS.map((name) => [name, t(/** @type {StringKey} */ (`bench.initialization.${name}`))]), String),
  };
  const keep = h("button", { on: { click: () => setKept(present()) } }, t("bench.keep"));
  const drop = h("button", { on: { click: () => setKept(null) } }, t("bench.drop"));

  /**
   * @param {keyof BenchSetting} name
   * @param {[string, string][]} choices
   * @param {(text: string) => unknown} read
   */
  function choice(name, choices, read) {
    const label = t(/** @type {StringKey} */ (`bench.${name}`));
    const buttons = segments({ label, choices, onChoose: (value) => {
      Object.assign(settings, { [name]: read(value) });
      void update();
    } });
    const element = h("div", { class: `stack switch ${name}` }, h("span", { class: "muted" }, label), buttons.element);
    return { element, show: () => buttons.show(write(settings[name])) };
  }

  /** @param {BenchSetting | null} setting */
  function setKept(setting) {
    settings.kept = setting;
    (setting ? drop : keep).focus();
    void update();
  }

  /** The setting of the switches. @returns {BenchSetting} */
  const present = () => {
    const { depth, shortcut, initialization, batch_norm } = settings;
    return { depth, shortcut, initialization, batch_norm };
  };

  const update = coalesce(async () => {
    for (const { show } of Object.values(switches)) show();
    if (!chart.firstChild) replaceChildren(words, h("p", { class: "muted" }, t("bench.measuring")));
    stage.setAttribute("aria-busy", "true");
    try {
      const shown = [present(), ...(settings.kept ? [settings.kept] : [])];
      /** @type {GradientCourse[]} */
      const courses = [];
      for (const setting of shown) courses.push(await get("instruments/gradient-flow", queryOf(setting)));
      if (!unmounted) show(shown, courses);
    } catch (error) {
      if (!unmounted) showError(error);
    }
    stage.setAttribute("aria-busy", "false");
  });

  /** @param {BenchSetting[]} shown @param {GradientCourse[]} courses */
  function show(shown, courses) {
    drop.hidden = !settings.kept;
    replaceChildren(words, courses.map((course, i) => courseWords(shown[i], course, i)));
    replaceChildren(chart, lineChart({
      label: t("bench.label"), x: t("bench.x"), y: "", log: true, legend: false, xRange: [0, Math.max(...shown.map(({ depth }) => depth))],
      yRange: powersOfTen(courses), width: chart.clientWidth || 640, height: 380,
      lines: courses.map((course, i) => lineOf(shown[i], course, i)),
    }));
  }

  replaceChildren(root, stage,
    h("section", { class: "card side", "aria-label": t("bench.switches") }, Object.values(switches).map(({ element }) => element),
      h("div", { class: "toolbar" }, keep, drop)),
    h("section", { class: "card side notes explanation", "aria-label": t("instruments.notes") },
      h("p", { class: "muted" }, t("bench.how"))));
  root.classList.add("with-notes");
  drop.hidden = !settings.kept;
  void update();
  return () => (unmounted = true);
}

/** The value of a switch as its button has it. @param {string | number | boolean} value */
const write = (value) => String(typeof value === "boolean" ? Number(value) : value);

/** @param {BenchSetting} setting */
const queryOf = (setting) => ({ ...setting, shortcut: Number(setting.shortcut), batch_norm: Number(setting.batch_norm) });

/** The median of the seeds, and their range. @param {BenchSetting} setting @param {GradientCourse} course @param {number} i */
function lineOf(setting, { depths, gradients }, i) {
  const sorted = depths.map((_, place) => gradients.map((seed) => seed[place]).sort((a, b) => a - b));
  return {
    name: settingName(setting), color: i, dashed: i > 0, dots: i === 0,
    points: depths.map((depth, place) => /** @type {[number, number]} */ ([depth, sorted[place][Math.floor(gradients.length / 2)]])),
    band: depths.map((depth, place) =>
      /** @type {[number, number, number]} */ ([depth, sorted[place][0], sorted[place][gradients.length - 1]])),
  };
}

/** The powers of ten around all gradients. @param {GradientCourse[]} courses @returns {[number, number]} */
function powersOfTen(courses) {
  const exponents = courses.flatMap(({ gradients }) => gradients.flat().filter((one) => one > 0)).map(Math.log10);
  return [10 ** Math.floor(Math.min(...exponents)), 10 ** Math.ceil(Math.max(...exponents))];
}
