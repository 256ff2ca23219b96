/** The selected run: its state, the buttons for it, and what its network makes of a picture. */

import { h, replaceChildren, setText } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { confusionCard } from "./confusion.js";
import { replayCard } from "./replay.js";

/** @import { RunAction, RunDetail, StringKey } from "../../lib/types.d.ts" */

const PATIENCE = 4; // epochs in which the loss should have become smaller

/**
 * @param {Record<RunAction, (name: string) => Promise<boolean | void>>} actions false if an action failed
 * @param {{ onEpoch: (epoch: number | null) => void, onRetry: (run: RunDetail, learningRate: number) => void }} callbacks
 *   another moment of the training is shown; it is to be begun again with another learning rate
 * @returns {{ element: HTMLElement, show: (run: RunDetail | null) => void, stop: () => void }}
 */
export function runCard(actions, { onEpoch, onRetry }) {
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
  const confusion = confusionCard();
  const replay = replayCard((epoch) => {
    onEpoch(epoch);
    confusion.update();
  });
  const retry = h("button", { class: "primary", on: { click: () => run && onRetry(run, lowerRate(run)) } });
  const advice = h("div", { class: "advice", role: "status" });
  const buttons = {
    stop: button("stop", "train.stop"),
    resume: button("resume", "train.resume"),
    look: button("look", "train.look"),
    save: button("save", "train.save"),
    remove: button("remove", "train.remove"),
  };
  const none = h("p", { class: "muted" }, t("train.none"));
  const body = h("div", { hidden: true }, name, about, status, progressBar, facts, advice, reason, warnings,
    h("div", { class: "toolbar" }, retry, Object.values(buttons)), replay.element, confusion.element);

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
    const fault = faultOf(run);
    setText(status, running && stopping === run.name ? t("train.stopping") : statusText(run));
    status.className = run.state === "failed" ? "error" : run.state === "finished" ? "success" : "";
    progressBar.max = run.epochs;
    progressBar.value = Math.min(run.epochs, run.done + epochFraction(run));
    progressBar.hidden = run.state === "finished";
    replaceChildren(facts, factsOf(run).map(([label, value]) =>
      h("div", {}, h("dt", {}, t(label)), h("dd", { class: "number" }, value))));
    showAdvice(run, fault);
    reason.textContent = run.diverged ? "" : run.reason;
    replaceChildren(warnings, (run.live?.warnings ?? []).map((line) => h("li", {}, line)));
    buttons.stop.hidden = !running;
    buttons.stop.disabled = stopping === run.name;
    buttons.resume.hidden = run.diverged || (run.state !== "stopped" && run.state !== "failed");
    buttons.look.hidden = buttons.save.hidden = !run.model;
    buttons.remove.hidden = running || !run.own;
    replay.show(run);
    confusion.show(run);
  }

  /**
   * What went wrong in plain words, and what to change.
   * @param {RunDetail} run
   * @param {"diverged" | "flat" | null} fault
   */
  function showAdvice(run, fault) {
    const rates = { rate: formatRate(run.learning_rate), lower: formatRate(lowerRate(run)) };
    const lines = fault ? [t(`train.${fault}`), t("train.lower", rates)] : [];
    const shown = [...lines, fault === "diverged" ? run.reason : ""].filter(Boolean).join("\n");
    retry.hidden = !fault || run.state === "running";
    setText(retry, t("train.retry", rates));
    if (advice.dataset.shown === shown) return;
    advice.dataset.shown = shown;
    replaceChildren(advice, lines.map((line) => h("p", {}, line)),
      fault === "diverged" ? h("details", {}, h("summary", {}, t("train.details")), h("p", { class: "muted" }, run.reason)) : null);
  }

  return { element: h("section", { class: "card", "aria-label": t("train.run") }, none, body), show, stop: replay.stop };
}

/**
 * Whether the loss is no number any more, or has not become smaller in a few epochs.
 * @param {RunDetail} run
 * @returns {"diverged" | "flat" | null}
 */
function faultOf({ diverged, history }) {
  if (diverged) return "diverged";
  const losses = history?.train_loss ?? [];
  return losses.length >= PATIENCE && losses[losses.length - 1] >= 0.98 * losses[0] ? "flat" : null;
}

/** A tenth of the learning rate of a run, as one would type it. @param {RunDetail} run */
const lowerRate = ({ learning_rate: rate }) => Number((rate / 10).toPrecision(2));

/** @param {number} rate */
const formatRate = (rate) => formatNumber(rate, { maximumSignificantDigits: 2 });

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
  if (run.diverged) return t("train.state.diverged");
  if (run.state !== "running") return t(`train.state.${run.state}`);
  const [done, of] = run.live?.decoded ?? [0, 0];
  return t(`train.phase.${run.live?.phase ?? "starting"}`, { done: formatNumber(done), of: formatNumber(of) });
}

/**
 * @param {RunDetail} run
 * @returns {[StringKey, string][]}
 */
function factsOf(run) {
  const last = run.history?.test_accuracy.slice(-1)[0];
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
