/** The selected run: its state, its first kernels as they form, and the buttons for it. */

import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { kernelRow } from "./kernels.js";
import { replayCard } from "./replay.js";

/** @import { RunAction, RunDetail, StringKey } from "../../lib/types.d.ts" */

/**
 * @param {Record<RunAction, (name: string) => Promise<boolean | void>>} actions false if an action failed
 * @returns {{ element: HTMLElement, show: (run: RunDetail | null) => void }}
 */
export function runCard(actions) {
  /** @type {RunDetail | null} */
  let run = null;
  /** The run that was asked to stop and still trains. */
  let stopping = "";
  const name = h("h2", { class: "name" });
  const status = h("p", { role: "status" });
  const about = h("p", { class: "muted" });
  const progressBar = h("progress", { "aria-label": t("train.progress") });
  const facts = h("dl", { class: "train-facts" });
  const reason = h("p", { class: "error reason" });
  const warnings = h("ul", { class: "muted" });
  const [first, now] = [kernelRow(), kernelRow()];
  const kernels = h("div", { class: "train-kernels" },
    h("p", { class: "muted" }, t("train.kernels.why")), first.element, now.element);
  const replay = replayCard();
  const buttons = {
    stop: button("stop", "train.stop"),
    resume: button("resume", "train.resume"),
    look: button("look", "train.look"),
    remove: button("remove", "train.remove"),
  };
  const none = h("p", { class: "muted" }, t("train.none"));
  const body = h("div", { hidden: true }, name, about, status, progressBar, facts, reason, warnings,
    h("div", { class: "toolbar" }, Object.values(buttons)), kernels, replay.element);

  /**
   * @param {RunAction} action
   * @param {StringKey} key
   */
  function button(action, key) {
    const click = async () => {
      if (!run || (action === "remove" && !confirm(t("train.remove.sure", { name: run.name })))) return;
      const { name } = run;
      if (action === "stop") {
        stopping = name;
        show(run);
      }
      if ((await actions[action](name)) === false && action === "stop" && stopping === name) {
        stopping = "";
        show(run);
      }
    };
    return h("button", { class: action === "look" ? "primary" : "", on: { click } }, t(key));
  }

  /** @param {RunDetail | null} shown */
  function show(shown) {
    run = shown;
    body.hidden = !run;
    none.hidden = Boolean(run);
    if (!run) return;
    const running = run.state === "running";
    if (!running && run.name === stopping) stopping = "";
    name.textContent = run.name;
    about.textContent = t("train.about", { table: run.table, data: run.data });
    setText(status, running && stopping === run.name ? t("train.stopping") : statusText(run));
    status.className = run.state === "failed" ? "error" : run.state === "finished" ? "success" : "";
    progressBar.max = run.epochs;
    progressBar.value = Math.min(run.epochs, run.done + epochFraction(run));
    progressBar.hidden = run.state === "finished";
    replaceChildren(facts, factsOf(run).map(([label, value]) =>
      h("div", {}, h("dt", {}, t(label)), h("dd", { class: "number" }, value))));
    reason.textContent = run.reason;
    replaceChildren(warnings, (run.live?.warnings ?? []).map((line) => h("li", {}, line)));
    buttons.stop.hidden = !running;
    buttons.stop.disabled = stopping === run.name;
    buttons.resume.hidden = run.state !== "stopped" && run.state !== "failed";
    buttons.look.hidden = !run.model;
    buttons.remove.hidden = running || !run.own;
    replay.show(run);
    kernels.hidden = !run.live?.kernels;
    if (run.live?.kernels) {
      const { row, first: initial, now: present } = run.live.kernels;
      first.show(t("train.kernels.first", { row }), initial);
      now.show(t(running ? "train.kernels.now" : "train.kernels.last", { row }), present);
    }
  }

  return { element: h("section", { class: "card", "aria-label": t("train.run") }, none, body), show };
}

/**
 * The fraction of the present epoch that is done.
 * @param {RunDetail} run
 * @returns {number}
 */
function epochFraction(run) {
  const progress = run.state === "running" ? run.live?.progress : null;
  return progress && progress.epoch === run.done + 1 ? progress.images / progress.epoch_images : 0;
}

/** @param {RunDetail} run */
function statusText(run) {
  if (run.state !== "running") return t(`train.state.${run.state}`);
  const [done, of] = run.live?.decoded ?? [0, 0];
  return t(`train.phase.${run.live?.phase ?? "starting"}`, { done: formatNumber(done), of: formatNumber(of) });
}

/**
 * @param {RunDetail} run
 * @returns {[StringKey, string][]}
 */
function factsOf(run) {
  const last = run.history?.test_accuracy.at(-1);
  /** @type {[StringKey, string][]} */
  const facts = [
    ["train.epoch", `${formatNumber(run.done + (epochFraction(run) > 0 ? 1 : 0))} / ${formatNumber(run.epochs)}`],
    ["train.accuracy.now", last === undefined ? "–" : formatPercent(last)],
    ["train.accuracy.best", run.best === null ? "–" : formatPercent(run.best)],
  ];
  if (run.state !== "running") return facts;
  const { progress, seconds_left: left } = run.live ?? {};
  return [
    ...facts,
    ["train.speed", progress ? formatNumber(progress.images_per_second, { maximumFractionDigits: 0 }) : "–"],
    ["train.left", left === null || left === undefined ? "–" : formatDuration(left)],
  ];
}

/** @param {number} seconds */
function formatDuration(seconds) {
  const [value, unit] = seconds < 100 ? [seconds, "second"] : seconds < 5400 ? [seconds / 60, "minute"] : [seconds / 3600, "hour"];
  return formatNumber(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: unit === "hour" ? 1 : 0 });
}
