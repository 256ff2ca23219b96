/** Train: a table is trained on data, in a process that continues without this page and without the server. */

import { get, post } from "../lib/api.js";
import { decodeBase64 } from "../lib/canvas.js";
import { h, replaceChildren } from "../lib/dom.js";
import { addTexts, t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { saveFile } from "../lib/save-file.js";
import { chooseModel, loadModels, state } from "../lib/state.js";
import { MAX_CURVES, trainingCurves } from "./train/curves.js";
import { trainForm } from "./train/form.js";
import { runList } from "./train/list.js";
import { runCard } from "./train/run.js";
import { en } from "../strings/train.en.js";
import { ko } from "../strings/train.ko.js";

/** @import { Run, RunDetail } from "../lib/types.d.ts" */

addTexts({ en, ko });

const FAST = 500; // milliseconds between two requests while a run changes
const SLOW = 5000;

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const selection = state.train;
  /** @type {Run[]} */
  let runs = [];
  /** What is known of the runs that are drawn. @type {Map<string, RunDetail>} */
  const details = new Map();
  let listTime = 0; // of the last list of runs; 0 to request it again
  let unmounted = false;
  let failing = false;
  /** @type {number | undefined} */
  let timer;

  const form = trainForm(async (request) => {
    try {
      const { name } = await post("runs", request);
      selectRun(name);
      card.element.scrollIntoView({ block: "nearest" });
    } catch (error) {
      void refreshNow(); // another run may have started
      throw error;
    }
  });
  const card = runCard({
    stop: (name) => command("run/stop", name),
    resume: (name) => command("run/resume", name),
    remove: (name) => command("run/delete", name),
    save: (name) => saveModel(name).catch(showError),
    look: (name) => useModel(name).catch(showError),
  }, { onEpoch: (epoch) => curves.mark(epoch), onRetry: (run, learningRate) => form.retry(run, learningRate) });
  const curves = trainingCurves();
  const list = runList({ onSelect: selectRun, onCompare: compare });

  /** The runs whose curves are drawn, the selected one first. */
  const drawn = () =>
    [selection.run, ...[...selection.compared].filter((name) => name !== selection.run)].filter(Boolean).slice(0, MAX_CURVES);

  /** @param {string} name */
  function selectRun(name) {
    selection.run = name;
    void refreshNow();
  }

  /**
   * @param {string} name
   * @param {boolean} compared
   */
  function compare(name, compared) {
    if (compared) selection.compared.add(name);
    else selection.compared.delete(name);
    void refreshNow();
  }

  /**
   * @param {"run/stop" | "run/resume" | "run/delete"} path
   * @param {string} name
   * @returns {Promise<boolean>} whether the server did it
   */
  async function command(path, name) {
    let done = true;
    try {
      await post(path, {}, { name });
    } catch (error) {
      showError(error);
      done = false;
    }
    void refreshNow();
    return done;
  }

  async function refreshNow() {
    listTime = 0;
    clearTimeout(timer);
    await poll();
  }

  /** Whether the list and the details of a run differ. @param {string} name */
  function isOutdated(name) {
    const [run, detail] = [runs.find((one) => one.name === name), details.get(name)];
    return run !== undefined && (run.state !== detail?.state || run.done !== detail.done);
  }

  /** @param {string} name */
  const needsRequest = (name) => details.get(name)?.state === "running" || !details.has(name) || isOutdated(name);

  async function loadRuns() {
    ({ runs } = await get("runs"));
    listTime = performance.now();
    const names = new Set(runs.map((run) => run.name));
    for (const name of selection.compared) if (!names.has(name)) selection.compared.delete(name);
    for (const name of details.keys()) if (!names.has(name)) details.delete(name);
    if (!names.has(selection.run)) selection.run = (runs.find((run) => run.state === "running") ?? runs[0])?.name ?? "";
    await updateModels(runs);
  }

  async function refresh() {
    if (performance.now() - listTime > SLOW || listTime === 0) await loadRuns();
    await Promise.all(drawn().filter(needsRequest).map(async (name) => details.set(name, await get("run", { name }))));
    if (unmounted) return;
    form.setRunning(runs.find((run) => run.state === "running")?.name ?? null);
    card.show(details.get(selection.run) ?? null);
    curves.show(drawn().flatMap((name) => details.get(name) ?? []));
    list.show(runs, selection.run, drawn());
    if (drawn().some(isOutdated)) listTime = 0;
  }

  async function poll() {
    try {
      if (!document.hidden) await refresh();
      failing = false;
    } catch (error) {
      listTime = 0;
      if (!failing && !unmounted) showError(error); // once, until the server answers again
      failing = true;
    }
    clearTimeout(timer);
    const changing = listTime === 0 || drawn().some((name) => details.get(name)?.state === "running");
    if (!unmounted) timer = setTimeout(poll, changing && !failing ? FAST : SLOW);
  }

  const visibilityChanged = () => !document.hidden && void refreshNow();
  document.addEventListener("visibilitychange", visibilityChanged);
  replaceChildren(
    root,
    h("h1", { class: "hidden" }, t("view.train")),
    h("div", { class: "layout" }, form.element, card.element),
    curves.element,
    list.element,
  );
  void poll();
  return () => {
    unmounted = true;
    card.stop();
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", visibilityChanged);
  };
}

/** Offer the model of a run as a file, which `striate predict` takes. @param {string} name */
async function saveModel(name) {
  const { content } = await get("run/model", { name });
  saveFile(name, "safetensors", /** @type {BlobPart} */ (decodeBase64(content)));
}

/** Choose the model of a run for the page, and go to Draw. @param {string} name */
async function useModel(name) {
  await loadModels();
  await chooseModel(`runs/${name}`);
  location.hash = "#draw";
}

/**
 * Load the page's list of models again if the runs have others.
 * @param {Run[]} runs
 */
async function updateModels(runs) {
  const models = runs.filter((run) => run.model).map((run) => `runs/${run.name}`).sort();
  const listed = state.models.map((model) => model.name).filter((name) => name.startsWith("runs/")).sort();
  if (models.join("\n") !== listed.join("\n")) await loadModels();
}
