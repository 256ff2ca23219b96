/** One run: how it stands, its first kernels as they form, and what can be done with it. */

import { fill, h } from "../../lib/dom.js";
import { n, percent, t } from "../../lib/language.js";
import { kernelRow } from "./kernels.js";

/** @typedef {import("../train.js").Detail} Detail */
/** @typedef {"stop" | "resume" | "look" | "remove"} Act */

/**
 * A card of the run that is looked at. An act may say that it was not done.
 * @param {Record<Act, (name: string) => Promise<boolean | void>>} acts
 * @returns {{ element: HTMLElement, show: (run: Detail | null) => void }}
 */
export function runCard(acts) {
  /** @type {Detail | null} */
  let run = null;
  /** The run that was asked to stop, and has not yet. */
  let stopping = "";
  const name = h("h2", { class: "name" });
  const told = h("p", { role: "status" });
  const about = h("p", { class: "quiet" });
  const bar = h("progress", { "aria-label": t("train.progress") });
  const facts = h("dl", { class: "train-facts" });
  const reason = h("p", { class: "bad reason" });
  const warnings = h("ul", { class: "quiet" });
  const [first, now] = [kernelRow(), kernelRow()];
  const kernels = h("div", { class: "train-kernels" },
    h("p", { class: "quiet" }, t("train.kernels.why")), first.element, now.element);
  const buttons = {
    stop: button("stop", "train.stop"),
    resume: button("resume", "train.resume"),
    look: button("look", "train.look"),
    remove: button("remove", "train.remove"),
  };
  const nothing = h("p", { class: "quiet" }, t("train.none"));
  const body = h("div", { hidden: true }, name, about, told, bar, facts, reason, warnings,
    h("div", { class: "tools" }, Object.values(buttons)), kernels);

  function button(/** @type {Act} */ act, /** @type {import("../../lib/language.js").Key} */ key) {
    const click = async () => {
      if (!run || (act === "remove" && !confirm(t("train.remove.sure", { name: run.name })))) return;
      const of = run.name;
      if (act === "stop") {
        stopping = of;
        show(run);
      }
      if ((await acts[act](of)) === false && act === "stop" && stopping === of) {
        stopping = "";
        show(run);
      }
    };
    return h("button", { class: act === "look" ? "strong" : "", "data-act": act, on: { click } }, t(key));
  }

  function show(/** @type {Detail | null} */ shown) {
    run = shown;
    body.hidden = !run;
    nothing.hidden = Boolean(run);
    if (!run) return;
    const running = run.state === "running";
    if (!running && run.name === stopping) stopping = "";
    name.textContent = run.name;
    about.textContent = t("train.about", { table: run.table, data: run.data });
    say(told, running && stopping === run.name ? t("train.stopping") : standing(run));
    told.className = run.state === "failed" ? "bad" : run.state === "finished" ? "good" : "";
    bar.max = run.epochs;
    bar.value = Math.min(run.epochs, run.done + share(run));
    bar.hidden = run.state === "finished";
    fill(facts, factsOf(run).flatMap(([label, value]) => h("div", {}, h("dt", {}, t(label)), h("dd", { class: "number" }, value))));
    reason.textContent = run.reason;
    fill(warnings, (run.live?.warnings ?? []).map((line) => h("li", {}, line)));
    buttons.stop.hidden = !running;
    buttons.stop.disabled = stopping === run.name;
    buttons.resume.hidden = run.state !== "stopped" && run.state !== "failed";
    buttons.look.hidden = !run.model;
    buttons.remove.hidden = running || !run.own;
    kernels.hidden = !run.live?.kernels;
    if (run.live?.kernels) {
      const { row, first: before, now: after } = run.live.kernels;
      first.show(t("train.kernels.first", { row }), before);
      now.show(t(running ? "train.kernels.now" : "train.kernels.last", { row }), after);
    }
  }

  return { element: h("section", { class: "card", "aria-label": t("train.run") }, nothing, body), show };
}

/**
 * How far the present epoch is.
 * @param {Detail} run
 * @returns {number}
 */
function share(run) {
  const progress = run.state === "running" ? run.live?.progress : null;
  return progress && progress.epoch === run.done + 1 ? progress.images / progress.epoch_images : 0;
}

/**
 * How a run stands, in words.
 * @param {Detail} run
 */
function standing(run) {
  if (run.state !== "running") return t(`train.state.${run.state}`);
  const [done, of] = run.live?.decoded ?? [0, 0];
  return t(`train.phase.${run.live?.phase ?? "starting"}`, { done: n(done), of: n(of) });
}

/**
 * @param {Detail} run
 * @returns {[import("../../lib/language.js").Key, string][]}
 */
function factsOf(run) {
  const progress = run.state === "running" ? run.live?.progress : null;
  const left = run.state === "running" ? run.live?.seconds_left : null;
  const last = run.history?.test_accuracy.at(-1);
  return [
    ["train.epoch", `${n(run.done + (share(run) > 0 ? 1 : 0))} / ${n(run.epochs)}`],
    ["train.accuracy.now", last === undefined ? "–" : percent(last)],
    ["train.accuracy.best", run.best === null ? "–" : percent(run.best)],
    ...(run.state === "running"
      ? /** @type {[import("../../lib/language.js").Key, string][]} */ ([
          ["train.speed", progress ? n(progress.images_per_second, { maximumFractionDigits: 0 }) : "–"],
          ["train.left", left === null || left === undefined ? "–" : duration(left)],
        ])
      : []),
  ];
}

/** Seconds, minutes or hours, in this language. @param {number} seconds */
function duration(seconds) {
  const [value, unit] = seconds < 100 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return n(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: unit === "hour" ? 1 : 0 });
}

/**
 * A text that a screen reader reads out when it is another one, not each time that it is asked for.
 * @param {HTMLElement} element
 * @param {string} text
 */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
