/** Overlap: g is moved over x, multiplied with what lies below it, and added up; in one dimension or in two. */

import { get } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { numbersField, segments, slider } from "./controls.js";
import { player } from "./player.js";
import { equation } from "./overlap/equation.js";
import { dimensionsOf, EXAMPLES } from "./overlap/examples.js";
import { linePicture } from "./overlap/line.js";
import { planePicture } from "./overlap/plane.js";
import { rows, settings } from "./overlap/state.js";

/** @import { OverlapResponse, StringKey } from "../../lib/types.d.ts" */

const OWN = "own";
const SECONDS = 6; // of a play through all places, at most

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  /** The answer for the present functions. @type {OverlapResponse | null} */
  let overlap = null;
  const [line, plane] = [linePicture(goTo), planePicture(goTo)];
  const stage = h("div", { class: "stage" });
  const sum = h("p", { class: "equation" });
  const failure = h("p", { class: "error", role: "status" });
  const count = () => overlap?.sums.length ?? 1;
  const play = player({ at: () => settings.at, count, interval: () => Math.min(900, (1000 * SECONDS) / count()), go: show });

  const place = slider({ id: "overlap-at", label: t("overlap.at"), onInput: goTo, format: (at) => {
    const [, columns] = overlap?.places ?? [1, 1];
    return columns === count() ? String(at) : t("overlap.at.place", { row: Math.floor(at / columns), column: at % columns });
  } });
  const dimensions = segments({ label: t("overlap.dimensions"), onChoose: (value) => choose(value === "line" ? "powers" : "edge"),
    choices: [["line", t("overlap.line")], ["plane", t("overlap.plane")]] });
  const examples = h("select", { id: "overlap-example", on: { change: () => choose(examples.value) } });
  const flip = h("input", { type: "checkbox", id: "overlap-flipped", on: { change: () => {
    settings.flipped = flip.checked;
    void update();
  } } });
  const [x, g] = /** @type {const} */ (["x", "g"]).map((name) => numbersField({ id: `overlap-${name}`, label: name, read: rows(name).read,
    onInput: (values) => {
      settings[name] = values;
      void update();
    } }));
  const name = h("p", { class: "muted" });

  const update = coalesce(async () => {
    play.stop();
    const query = { x: textOf("x"), g: textOf("g"), flipped: Number(settings.flipped) };
    try {
      overlap = await get("instruments/overlap", query);
      failure.textContent = "";
    } catch (error) {
      overlap = null;
      failure.textContent = error instanceof Error ? error.message : String(error);
    }
    showFunctions();
    show(Math.min(settings.at, count() - 1));
  });

  /** @param {"x" | "g"} name */
  const textOf = (name) => String(rows(name).write(settings[name]));

  /** @param {string} example */
  function choose(example) {
    const { x: long, g: short } = EXAMPLES[example] ?? settings;
    Object.assign(settings, { x: long, g: short, at: 0 });
    void update();
  }

  /** The functions, and the controls that follow from them. */
  function showFunctions() {
    const shape = dimensionsOf(settings.x);
    x.show(settings.x);
    g.show(settings.g);
    dimensions.show(shape);
    const names = Object.keys(EXAMPLES).filter((one) => dimensionsOf(EXAMPLES[one].x) === shape);
    const present = names.find((one) => JSON.stringify(EXAMPLES[one]) === JSON.stringify({ x: settings.x, g: settings.g })) ?? OWN;
    replaceChildren(examples, [...names, OWN].map((one) =>
      h("option", { value: one, selected: one === present }, t(/** @type {StringKey} */ (`overlap.example.${one}`)))));
    flip.checked = settings.flipped;
    name.textContent = t(settings.flipped ? "overlap.flipped.name" : "overlap.unflipped.name");
    const picture = shape === "line" ? line : plane;
    replaceChildren(stage, overlap ? picture.element : null);
    if (overlap) picture.load(settings, overlap);
  }

  /** By a person's own hand. @param {number} at */
  function goTo(at) {
    play.stop();
    show(at);
  }

  /** @param {number} at */
  function show(at) {
    place.element.hidden = play.element.hidden = sum.hidden = !overlap;
    if (!overlap) return;
    settings.at = at;
    place.show(at, { min: 0, max: count() - 1, step: 1 });
    (dimensionsOf(settings.x) === "line" ? line : plane).show(at);
    replaceChildren(sum, equation(settings, overlap));
  }

  replaceChildren(
    root,
    h("section", { class: "card main", "aria-label": t("overlap.stage") },
      h("div", { class: "toolbar" }, dimensions.element, h("label", { class: "choice check" }, flip, h("span", {}, t("overlap.flipped")))),
      stage, sum, failure,
      h("div", { class: "at" }, place.element, play.element)),
    h("section", { class: "card side", "aria-label": t("overlap.functions") },
      h("label", { class: "choice" }, h("span", {}, t("overlap.example")), examples), x.element, g.element, name),
  );
  void update();
  return () => {
    play.stop();
    line.stop();
  };
}
