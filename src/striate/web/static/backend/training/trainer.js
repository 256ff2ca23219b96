/** The training of a network by its table's recipe: striate/training/trainer.py, a step at a time so that others come in between. */

import { balancedWeights, lossOf } from "../../engine/losses.js";
import { initialize } from "../../engine/initialize.js";
import { buildNetwork, forward } from "../../engine/network.js";
import { optimizerOf } from "../../engine/optimizer.js";
import { planTable } from "../../engine/plan.js";
import { Generator } from "../../engine/random.js";
import { learningRate } from "../../engine/schedule.js";
import { gradientsOf } from "../../engine/training.js";
import { batchesOf, evaluationBatches } from "./batches.js";
import { firstNonfinite } from "./nonfinite.js";
import { general } from "./numbers.js";

/** @import { Epoch, PictureSet, Progress } from "../types.d.ts" */
/** @import { Network, Recipe, TableDocument, Tensor } from "../../engine/types.d.ts" */

const APART = 1_000_003, PROCESSES = 1009; // seeds of runs, and of steps, that follow one another

/** A training whose loss is not finite any more. */
export class DivergenceError extends Error {}

export class Trainer {
  /** @param {TableDocument} table @param {PictureSet} set */
  constructor(table, set) {
    this.table = table;
    this.set = set;
    this.network = buildNetwork(planTable(table), initialize(planTable(table), table.recipe.seed));
    /** The mean of the weights, if the recipe has one, which is evaluated and kept. @type {Network | null} */
    this.mean = null;
    this.steps = Math.ceil(set.train.pictures.length / table.recipe.batch_size);
    this.step = 0;
    /** @type {Epoch[]} */
    this.history = [];
    /** How far the present epoch is. @type {Progress | null} */
    this.progress = null;
  }

  /** The network that is evaluated and saved. */
  get evaluated() {
    return this.mean ?? this.network;
  }

  /** Whether the last epoch is done: the recipe's, or the one after which the accuracy has stopped rising. */
  get isFinished() {
    const { patience, epochs } = this.table.recipe, { history } = this;
    if (patience && history.length && history.length - bestEpoch(history).epoch >= patience) return true;
    return history.length >= epochs;
  }

  /** Train to the end; a slice of the work is done at each yield. A DivergenceError leaves the weights of the step before. */
  * run() {
    const { recipe } = this.table;
    const optimize = optimizerOf(this.network, recipe);
    const weights = recipe.class_weights === "balanced" ? balancedWeights(this.countsOfClasses()) : null;
    while (!this.isFinished) {
      const epoch = this.history.length + 1, images = this.set.train.pictures.length;
      const sums = { loss: 0, correct: 0, images: 0 };
      let rate = 0, seconds = 0, started = performance.now();
      for (const batch of batchesOf(this.set.train, this.table, epoch)) {
        rate = learningRate(recipe, this.step, this.steps, this.history.map((past) => past.test_accuracy));
        this.learn(optimize, { ...batch, weights }, rate, sums);
        seconds += (performance.now() - started) / 1000;
        this.progress = {
          epoch, images: sums.images, epoch_images: images, loss: sums.loss / sums.images, accuracy: sums.correct / sums.images,
          images_per_second: sums.images / seconds,
        };
        yield;
        started = performance.now();
      }
      const scores = yield* this.evaluate();
      if (!Number.isFinite(scores.loss)) {
        throw new DivergenceError(`the validation loss is ${general(scores.loss)} after epoch ${epoch}: try a lower learning rate`);
      }
      this.progress = null;
      this.history.push({
        epoch, train_loss: sums.loss / images, train_accuracy: sums.correct / images,
        test_loss: scores.loss, test_accuracy: scores.accuracy, learning_rate: rate, images_per_second: images / seconds, seconds,
      });
    }
  }

  /**
   * One step, and its part of the sums over the epoch. DivergenceError if the loss or a gradient is not finite.
   * @param {ReturnType<typeof optimizerOf>} optimize
   * @param {{ images: Tensor, labels: ArrayLike<number>, weights: number[] | null }} batch
   * @param {number} rate
   * @param {{ loss: number, correct: number, images: number }} sums
   */
  learn(optimize, batch, rate, sums) {
    const { recipe } = this.table, generator = new Generator(stepSeed(recipe.seed, this.step));
    const { loss, total, logits, gradients } = gradientsOf(this.network, recipe, batch, () => generator.uniform());
    const norm = Math.sqrt([...gradients.values()].reduce((sum, { data }) => sum + squares(data), 0));
    if (!Number.isFinite(total + norm)) {
      throw new DivergenceError(`the loss is ${general(total)} and its gradient's norm ${general(norm)} at step ${this.step + 1}, learning `
        + `rate ${general(rate, 3)}: ${firstNonfinite(this.network, batch.images, gradients)}; try a lower learning rate`);
    }
    optimize(gradients, rate);
    sums.loss += loss * batch.labels.length;
    sums.correct += countCorrect(logits, batch.labels);
    sums.images += batch.labels.length;
    this.step += 1;
    if (recipe.ema) this.updateMean(recipe.ema);
  }

  /** The mean loss and the accuracy on the validation pictures. */
  * evaluate() {
    const { recipe } = this.table, { validation } = this.set;
    const plain = /** @type {Recipe} */ ({ ...recipe, label_smoothing: null });
    let loss = 0, correct = 0;
    for (const { images, labels } of evaluationBatches(validation, this.table)) {
      const { logits } = forward(this.evaluated, images);
      loss += lossOf(plain, logits, labels).loss * labels.length;
      correct += countCorrect(logits, labels);
      yield;
    }
    return { loss: loss / validation.labels.length, accuracy: correct / validation.labels.length };
  }

  /** The exponential mean of the parameters, which begins with those of the first update. @param {number} decay */
  updateMean(decay) {
    if (!this.mean) {
      this.mean = copyOf(this.network);
      return;
    }
    for (const [name, { data }] of this.mean.parameters) {
      const now = /** @type {Tensor} */ (this.network.parameters.get(name)).data;
      for (let at = 0; at < data.length; at++) data[at] = decay * data[at] + (1 - decay) * now[at];
    }
  }

  countsOfClasses() {
    const counts = Array(this.network.plan.steps[this.network.plan.steps.length - 1].output[0]).fill(0);
    for (const label of this.set.train.labels) counts[label] += 1;
    return counts;
  }
}

/** A network with parameters of its own, which another's training does not change. @param {Network} network */
export const copyOf = ({ plan, parameters }) =>
  buildNetwork(plan, new Map([...parameters].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }])));

/** The first epoch with the highest validation accuracy. @param {Epoch[]} history */
export const bestEpoch = (history) => history.reduce((best, epoch) => (epoch.test_accuracy > best.test_accuracy ? epoch : best));

/** The lower bits of the seed of a step's dropout. @param {number} seed @param {number} step */
const stepSeed = (seed, step) => Math.imul(Math.imul(seed, APART) + step, PROCESSES);

/**
 * How many pictures have their highest logit at their label.
 * @param {Tensor} logits
 * @param {ArrayLike<number>} labels
 */
function countCorrect({ shape: [images, classes], data }, labels) {
  let correct = 0;
  for (let image = 0; image < images; image++) {
    const row = data.subarray(image * classes, (image + 1) * classes);
    correct += Number(row.indexOf(Math.max(...row)) === labels[image]);
  }
  return correct;
}

/** @param {Float32Array} data */
function squares(data) {
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += data[at] * data[at];
  return sum;
}
