/**
 * The trainings of this page, one at a time: striate/runs/store.py. They live as long as the page; a model that is to stay is saved as a
 * file. A training works in slices, so that requests are answered in between.
 */

import { DIGIT_SEARCH_SIDE } from "../../engine/digit.js";
import { writeModelFile } from "../../engine/model-file.js";
import { fitWindow, normalize, place } from "../../engine/picture.js";
import { RequestError } from "../query.js";
import { totalCost } from "../tables/cost.js";
import { storedSide, unpackSet } from "./pictures.js";
import { Recorder } from "./recorder.js";
import { DivergenceError, Trainer, bestEpoch, copyOf } from "./trainer.js";

/** @import { BackendModel, Epoch, PackedSet, RunState, Sample, TrainRequest } from "../types.d.ts" */
/** @import { Network } from "../../engine/types.d.ts" */
/**
 * @typedef {BackendModel & { scores: Record<string, unknown>, epochs: number }} TrainedModel with what its file says of it
 */

export const RUN_PREFIX = "runs/"; // of the name of a run's model
const DIVERGED = "the training diverged: ";
const PART_BYTES = 60; // of a table's name, and of a set's, in the name of a run
const RESERVED = /^(con|prn|aux|nul|(com|lpt)[0-9¹²³])(?=\.|$)/i; // what Windows takes for devices
const AT_ONCE = 25; // milliseconds of work before a request is answered; a step may take longer
const CONFLICT = 409, MISSING = 404;

/** A training, from its request on. */
export class Run {
  /** @param {string} name @param {TrainRequest} request @param {PackedSet} packed @param {string[]} warnings */
  constructor(name, request, packed, warnings) {
    this.name = name;
    this.request = request;
    this.packed = packed;
    this.set = unpackSet(packed, request.table);
    /** @type {RunState} */
    this.state = "running";
    /** Why it failed. @type {string | null} */
    this.reason = null;
    this.warnings = warnings;
    this.version = Date.now() / 1000;
    this.session = 0; // how often it was begun or resumed: a session ends when another begins
    const { epochs } = request.table.recipe;
    this.trainer = new Trainer(request.table, this.set);
    this.slices = this.trainer.run();
    this.recorder = new Recorder(epochs, warnings);
    /** The model of the last epoch, or with patience of the best one. @type {TrainedModel | null} */
    this.model = null;
    this.snapshotSteps = request.replay ? replaySteps(request.replay, this.trainer.steps * epochs) : [];
    /** Models by the steps after which they were kept. @type {Map<number, BackendModel>} */
    this.snapshots = new Map();
    this.keepSnapshot();
  }

  get isDiverged() {
    return this.reason?.startsWith(DIVERGED) ?? false;
  }

  /** The picture of its replay: the first of those for validation. @returns {Sample & { label: string }} */
  get sample() {
    const { pictures: [picture], labels } = this.set.validation;
    const { input, preprocessing } = this.request.table, size = /** @type {[number, number]} */ (input.slice(1));
    const fitted = place(picture, fitWindow(picture, preprocessing, size), size);
    return { fitted, input: normalize(fitted, preprocessing), isBlank: false, label: this.packed.classes[labels[0]] };
  }

  get saved() {
    return this.model ? `the model of epoch ${this.model.epochs} is saved` : "nothing was saved";
  }

  /** Train until it is finished, fails, or is stopped. */
  async train() {
    const session = ++this.session;
    this.state = "running";
    this.recorder.begin(this.trainer.network);
    try {
      while (this.state === "running" && session === this.session && !this.work()) await pause();
    } catch (error) {
      this.state = "failed";
      this.reason = error instanceof DivergenceError ? `${DIVERGED}${this.name}: ${error.message}; ${this.saved}` : String(error);
    }
  }

  /** Work for a while. Whether nothing is left to do. */
  work() {
    const until = performance.now() + AT_ONCE;
    let isDone = false;
    while (!isDone && performance.now() < until) isDone = this.next();
    return isDone;
  }

  /** One slice of the work. Whether it was the last one. */
  next() {
    const { trainer, recorder } = this, epochs = trainer.history.length, before = trainer.step;
    const isDone = this.slices.next().done ?? false;
    if (trainer.step > before) this.keepSnapshot();
    if (trainer.progress && trainer.step > before) recorder.step(trainer.progress, trainer.network);
    if (trainer.history.length > epochs) this.keepModel(trainer.history[trainer.history.length - 1]);
    if (!isDone) return false;
    this.state = "finished";
    if (this.request.replay && !this.snapshots.has(trainer.step)) this.keepSnapshot(true);
    return true;
  }

  /** @param {Epoch} epoch */
  keepModel(epoch) {
    const { trainer, packed } = this, isBest = bestEpoch(trainer.history) === epoch;
    this.recorder.epoch(epoch.epoch, trainer.network);
    if (!isBest && this.request.table.recipe.patience) return;
    const scores = { top1: epoch.test_accuracy, loss: epoch.test_loss, images: packed.labels.length - packed.train };
    this.model = { ...this.modelOf(`${RUN_PREFIX}${this.name}`, trainer.evaluated), scores, epochs: epoch.epoch };
  }

  /** Keep the network if it is to be kept after this step. */
  keepSnapshot(always = false) {
    const { step, evaluated } = this.trainer;
    if (always || this.snapshotSteps.includes(step)) this.snapshots.set(step, this.modelOf(`${RUN_PREFIX}${this.name}/${step}`, evaluated));
  }

  /** @param {string} name @param {Network} network @returns {BackendModel} */
  modelOf(name, network) {
    const { table } = this.request;
    const side = table.preprocessing.figure ? DIGIT_SEARCH_SIDE : storedSide(table);
    return { name, network: copyOf(network), classes: this.packed.classes, macs: totalCost(network.plan).macs, side };
  }

  /** The bytes of its model file. */
  file() {
    if (!this.model) throw new RequestError("no model of that name", MISSING);
    const { classes, scores, epochs, network } = this.model, { table, data } = this.request, { history } = this.trainer;
    const seconds = Number(history.reduce((sum, epoch) => sum + epoch.seconds, 0).toFixed(3));
    const isAsPacked = table.input[0] === 1 && storedSide(table) >= this.packed.scaled; // else the list of pictures has another digest
    const { record: { pictures, ...record }, train } = this.packed;
    const training = { ...record, data, images: train, pictures: isAsPacked ? pictures : null, epochs, seconds };
    return writeModelFile({ table, classes, training, scores, parameters: network.parameters });
  }
}

/** The runs of a page, the newest last. */
export class RunStore {
  constructor() {
    /** @type {Map<string, Run>} */
    this.runs = new Map();
    this.started = 0;
  }

  /** @param {string} name */
  get(name) {
    const run = this.runs.get(name);
    if (!run) throw new RequestError("there is no run of that name", MISSING);
    return run;
  }

  /**
   * A run's model, runs/NAME, or that of a snapshot, runs/NAME/STEP.
   * @param {string} name
   * @returns {BackendModel | undefined}
   */
  model(name) {
    const [, run, step] = /^runs\/([^/]+)(?:\/([0-9]{1,11}))?$/.exec(name) ?? [];
    const found = this.runs.get(run);
    return (step === undefined ? found?.model : found?.snapshots.get(Number(step))) ?? undefined;
  }

  /** The models of the runs, the newest first. @returns {BackendModel[]} */
  models() {
    return this.newestFirst().flatMap((run) => run.model ?? []);
  }

  newestFirst() {
    return [...this.runs.values()].reverse();
  }

  /** @param {TrainRequest} request @param {PackedSet} packed @param {string[]} warnings the name of the run */
  start(request, packed, warnings) {
    this.checkIdle();
    const prefix = [safeName(request.table.name, "table"), safeName(request.data, "table")].join("-");
    let number = 1;
    while (this.runs.has(`${prefix}-${number}`)) number += 1;
    const run = new Run(`${prefix}-${number}`, request, packed, warnings);
    this.runs.set(run.name, run);
    void run.train();
    return run.name;
  }

  /** Stop after the present slice. @param {string} name */
  stop(name) {
    const run = this.runs.get(name);
    if (run?.state !== "running") throw new RequestError("this run is not being trained", CONFLICT);
    run.state = "stopped";
  }

  /** Go on with a run that was stopped; one that failed starts anew. @param {string} name */
  resume(name) {
    let run = this.get(name);
    this.checkIdle();
    if (run.state === "finished") throw new RequestError("this run is finished", CONFLICT);
    if (run.state === "failed") this.runs.set(name, run = new Run(name, run.request, run.packed, run.warnings));
    void run.train();
  }

  /** @param {string} name */
  remove(name) {
    if (this.get(name).state === "running") throw new RequestError("this run is being trained; stop it first", CONFLICT);
    this.runs.delete(name);
  }

  checkIdle() {
    const running = this.newestFirst().find(({ state }) => state === "running");
    if (running) throw new RequestError(`${running.name} is being trained; only one training runs at a time`, CONFLICT);
  }
}

/**
 * After which steps snapshots are taken: 0, then a geometric sequence from 1 to the last; all if they are fewer.
 * @param {number} snapshots
 * @param {number} steps
 */
export function replaySteps(snapshots, steps) {
  if (snapshots > steps) return Array.from({ length: steps + 1 }, (_, step) => step);
  const chosen = [0];
  for (let left = snapshots - 2; left >= 0; left--) {
    const share = 1 - left / Math.max(1, snapshots - 2);
    chosen.push(Math.max(chosen[chosen.length - 1] + 1, Math.round(steps ** share)));
  }
  return chosen;
}

/** A moment in which others may work. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A name that any system takes for a file's: striate/text.py. @param {string} text @param {string} otherwise */
function safeName(text, otherwise) {
  const letters = Array.from(text.normalize("NFC"), (letter) => (/[\p{L}\p{N}\p{M}._-]/u.test(letter) ? letter : " ")).join("");
  const name = letters.split(" ").filter(Boolean).join("-").replace(/^[._-]+|[._-]+$/g, "");
  let short = "";
  const encoder = new TextEncoder();
  for (const letter of name) {
    if (encoder.encode(short + letter).length > PART_BYTES) break;
    short += letter;
  }
  return short.replace(/[._-]+$/, "").replace(RESERVED, "$1_") || otherwise;
}
