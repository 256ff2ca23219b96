/** Train: a table on data, in a process that needs neither this page nor this server to go on. */

import { get, post } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { notice } from "../lib/notice.js";
import { change, loadModels, state } from "../lib/state.js";
import { curves, MOST } from "./train/curves.js";
import { orderForm } from "./train/form.js";
import { runList } from "./train/list.js";
import { runCard } from "./train/run.js";

/**
 * @typedef {{
 *   name: string, state: "running" | "finished" | "stopped" | "failed" | "outside", table: string, data: string,
 *   epochs: number, done: number, best: number | null, model: boolean, own: boolean,
 * }} Run as the list has it
 * @typedef {{ epoch: number[], train_loss: number[], train_accuracy: number[], test_loss: number[], test_accuracy: number[] }} History
 * @typedef {{ epoch: number, images: number, epoch_images: number, loss: number, accuracy: number, images_per_second: number }} Progress
 * @typedef {{ count: number, channels: number, of: number, size: [number, number], maps: string }} Kernels
 * @typedef {{
 *   phase: "starting" | "reading" | "training" | "ending", decoded?: [number, number] | null, progress?: Progress | null,
 *   trail?: [number, number, number][], seconds_left?: number | null,
 *   kernels: { row: string, first: Kernels, now: Kernels } | null, warnings: string[],
 * }} Live
 * @typedef {Run & { history: History | null, live: Live | null, reason: string | null }} Detail
 */

const OFTEN = 500;
const SELDOM = 5000;

/** Which run is looked at, and whose curves are shown beside its own. */
const kept = { focus: "", shown: /** @type {Set<string>} */ (new Set()) };
/** @type {Map<string, Detail>} */
const details = new Map();

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  /** @type {Run[]} */
  let runs = [];
  let listed = 0;
  let ended = false;
  /** @type {number | undefined} */
  let timer;
  let silent = false;

  const form = orderForm(async (order) => {
    try {
      const { name } = await post("runs", order);
      focus(name);
    } catch (error) {
      void again(); // another one has begun, perhaps
      throw error;
    }
  });
  const card = runCard({
    stop: (name) => ask("run/stop", name),
    resume: (name) => ask("run/resume", name),
    remove: (name) => ask("run/delete", name),
    look: (name) => look(name).catch(notice),
  });
  const charts = curves();
  const list = runList({ focus, show });

  /** The runs whose curves are drawn, that which is looked at first. */
  const drawn = () => [kept.focus, ...[...kept.shown].filter((name) => name !== kept.focus)].filter(Boolean).slice(0, MOST);

  function focus(/** @type {string} */ name) {
    kept.focus = name;
    void again();
  }

  function show(/** @type {string} */ name, /** @type {boolean} */ wanted) {
    if (wanted) kept.shown.add(name);
    else kept.shown.delete(name);
    void again();
  }

  /** Whether the server did it; why not is a notice. */
  async function ask(/** @type {string} */ path, /** @type {string} */ name) {
    let done = true;
    try {
      await post(path, {}, { name });
    } catch (error) {
      notice(error);
      done = false;
    }
    void again();
    return done;
  }

  /** Everything anew, at once. */
  async function again() {
    listed = 0;
    clearTimeout(timer);
    await tick();
  }

  async function refresh() {
    if (performance.now() - listed > SELDOM || listed === 0) {
      ({ runs } = await get("runs"));
      listed = performance.now();
      const names = new Set(runs.map((run) => run.name));
      for (const name of kept.shown) if (!names.has(name)) kept.shown.delete(name);
      for (const name of details.keys()) if (!names.has(name)) details.delete(name);
      if (!names.has(kept.focus)) kept.focus = (runs.find((run) => run.state === "running") ?? runs[0])?.name ?? "";
      await keepModels(runs);
    }
    await Promise.all(drawn().filter((name) => isOld(runs, name)).map(async (name) => details.set(name, await get("run", { name }))));
    if (ended) return;
    form.busy(runs.find((run) => run.state === "running")?.name ?? null);
    card.show(details.get(kept.focus) ?? null);
    charts.show(drawn().flatMap((name) => details.get(name) ?? []));
    list.show(runs, kept.focus, drawn());
    if (drawn().some((name) => changed(runs, name))) listed = 0; // so that the list says the same
  }

  async function tick() {
    try {
      if (!document.hidden) await refresh();
      silent = false;
    } catch (error) {
      listed = 0;
      if (!silent && !ended) notice(error); // once, until it answers again
      silent = true;
    }
    clearTimeout(timer);
    const moving = listed === 0 || drawn().some((name) => details.get(name)?.state === "running");
    if (!ended) timer = setTimeout(tick, moving && !silent ? OFTEN : SELDOM);
  }

  const seen = () => !document.hidden && void again();
  document.addEventListener("visibilitychange", seen);
  fill(
    root,
    h("h1", { class: "hidden" }, t("view.train")),
    h("div", { class: "train-desk" }, form.element, card.element),
    charts.element,
    list.element,
  );
  void tick();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

/** Let the page's model be that of a run, and draw for it. @param {string} name */
async function look(name) {
  await loadModels();
  change({ model: `runs/${name}` });
  location.hash = "#draw";
}

/**
 * Whether what is known of a run may be another by now.
 * @param {Run[]} runs
 * @param {string} name
 */
const isOld = (runs, name) => details.get(name)?.state === "running" || !details.has(name) || changed(runs, name);

/**
 * Whether the list and what is known of a run differ.
 * @param {Run[]} runs
 * @param {string} name
 */
function changed(runs, name) {
  const [told, known] = [runs.find((run) => run.name === name), details.get(name)];
  return told !== undefined && (told.state !== known?.state || told.done !== known.done);
}

/**
 * Let the page's list of models have those of the runs.
 * @param {Run[]} runs
 */
async function keepModels(runs) {
  const now = runs.filter((run) => run.model).map((run) => `runs/${run.name}`).sort();
  const known = state.models.map((model) => model.name).filter((name) => name.startsWith("runs/")).sort();
  if (now.join("\n") !== known.join("\n")) await loadModels();
}
