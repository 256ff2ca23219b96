/** What the Stress view asks for: a perturbed picture, its classes, and the curve over one perturbation; striate/web/lab/stress.py. */

import { forward } from "../engine/network.js";
import { normalize } from "../engine/picture.js";
import { probabilitiesOf } from "../engine/reliability.js";
import { classRanking, inputDocument } from "./layers.js";
import { modelOf, respondToImage } from "./models.js";
import { NEUTRAL, fillOf, perturb } from "./perturb.js";
import { RequestError, formatGeneral, queryFloat, queryText } from "./query.js";
import { normals } from "../engine/random.js";

/** @import { Amounts, BackendModel, Routes, Sample, Slider } from "./types.d.ts" */
/** @import { Picture, TableDocument } from "../engine/types.d.ts" */

const CHEAP = 1e8; // MACs of a network that is fast enough for a curve with all steps of a slider
const PARTS = 5; // a slider's steps between two amounts of a perturbation
const MOST_LINES = 5, VISIBLE = 0.01; // classes on a curve, and the probability that another must reach somewhere
const BARS = 5;
const MOST = 1e4; // more than any amount
const SIDE = 32; // pixels of LeNet-5's input, for which RANGES states its amounts in pixels

/** The least and the largest amount, in how many intervals of PARTS steps, and whether it is in pixels and grows with the input. */
const RANGES = /** @type {const} */ ({
  thickness: [-2, 2, true], scale: [0.4, 1.6, false], rotation: [-60, 60, false], shift: [-8, 8, true], noise: [0, 128, false],
});
const INTERVALS = 8;
const NAMES = /** @type {(keyof Amounts)[]} */ (Object.keys(RANGES));

/** @type {Routes} */
export const stressRoutes = {
  "GET stress": (backend, query) => ({ sliders: slidersOf(modelOf(backend, query).network.plan.table) }),
  "POST stress": (backend, query, picture) => {
    const sweep = queryText(query, "sweep", "");
    if (sweep && !(sweep in RANGES)) throw new RequestError(`sweep: expected one of ${NAMES.join(", ")}`);
    const amounts = { ...NEUTRAL };
    for (const name of NAMES) amounts[name] = queryFloat(query, name, -MOST, MOST, NEUTRAL[name]);
    return respondToImage(backend, query, picture, (model, sample) =>
      stressDocument(model, sample, { amounts, sweep: /** @type {keyof Amounts | ""} */ (sweep) }));
  },
};

/**
 * The slider of each perturbation for a table's input.
 * @param {TableDocument} table
 * @returns {Record<keyof Amounts, Slider>}
 */
export function slidersOf({ input: [, height, width] }) {
  const factor = Math.max(1, Math.floor(Math.min(height, width) / SIDE));
  const sliderOf = (/** @type {keyof Amounts} */ name) => {
    const [least, most, isInPixels] = RANGES[name], times = isInPixels ? factor : 1;
    const step = Number((((most - least) / (INTERVALS * PARTS)) * times).toFixed(6));
    return { least: least * times, most: most * times, step, neutral: NEUTRAL[name] };
  };
  return /** @type {Record<keyof Amounts, Slider>} */ (Object.fromEntries(NAMES.map((name) => [name, sliderOf(name)])));
}

/**
 * @param {BackendModel} model
 * @param {Sample} sample
 * @param {{ amounts: Amounts, sweep?: keyof Amounts | "" }} options
 */
export function stressDocument(model, { fitted }, { amounts, sweep = "" }) {
  for (const [name, { least, most }] of Object.entries(slidersOf(model.network.plan.table))) {
    const amount = amounts[/** @type {keyof Amounts} */ (name)];
    if (!(amount >= least && amount <= most)) {
      throw new RequestError(`${name}: expected a number from ${formatGeneral(least)} to ${formatGeneral(most)}`);
    }
  }
  const noise = normals(0, fitted.data.length);
  const perturbed = perturbedBy(model, fitted, amounts, noise);
  const document = { input: inputDocument({ fitted: perturbed }), top: classRanking(model, predict(model, perturbed)).slice(0, BARS) };
  return sweep ? { ...document, curve: curveOf(model, fitted, noise, amounts, sweep) } : document;
}

/** @param {BackendModel} model @param {Picture} fitted @param {Partial<Amounts>} amounts @param {Float32Array} noise */
const perturbedBy = ({ network }, fitted, amounts, noise) => perturb(fitted, amounts, fillOf(network.plan.table.preprocessing), noise);

/** The probabilities of a fitted picture. @param {BackendModel} model @param {Picture} picture */
function predict(model, picture) {
  const { network } = model;
  return probabilitiesOf(model, forward(network, normalize(picture, network.plan.table.preprocessing)).logits.data);
}

/**
 * Probabilities over one perturbation: of the unchanged picture's class, and of those that become most probable.
 * @param {BackendModel} model
 * @param {Picture} fitted
 * @param {Float32Array} noise
 * @param {Amounts} others
 * @param {keyof Amounts} name
 */
function curveOf(model, fitted, noise, others, name) {
  const best = (/** @type {Float64Array} */ values) => values.indexOf(Math.max(...values));
  const unchanged = best(predict(model, fitted));
  const { least, most, step } = slidersOf(model.network.plan.table)[name];
  const steps = Math.round((most - least) / step) / (model.macs <= CHEAP ? 1 : PARTS);
  const amounts = Array.from({ length: steps + 1 }, (_, index) => Number((least + ((most - least) * index) / steps).toFixed(6)));
  const results = amounts.map((amount) => predict(model, perturbedBy(model, fitted, { ...others, [name]: amount }, noise)));
  const highest = model.classes.map((_, index) => Math.max(...results.map((result) => result[index])));
  const ranked = highest.map((_, index) => index).filter((index) => index !== unchanged)
    .sort((a, b) => highest[b] - highest[a] || a - b);
  const visible = [unchanged, ...ranked.slice(0, MOST_LINES - 1).filter((index) => highest[index] >= VISIBLE)];
  return {
    change: name, plain: { class: model.classes[unchanged], index: unchanged }, amounts,
    lines: visible.map((index) => ({ class: model.classes[index], index, probabilities: results.map((result) => result[index]) })),
    still: stableRange(amounts, results.map((result) => best(result) === unchanged), NEUTRAL[name]),
  };
}

/**
 * The amounts around the neutral one between which the prediction stays; null if it is another there.
 * @param {number[]} amounts
 * @param {boolean[]} isPrediction
 * @param {number} neutral
 */
function stableRange(amounts, isPrediction, neutral) {
  const distances = amounts.map((amount) => Math.abs(amount - neutral));
  let first = distances.indexOf(Math.min(...distances)), last = first;
  if (!isPrediction[first]) return null;
  while (isPrediction[first - 1]) first -= 1;
  while (isPrediction[last + 1]) last += 1;
  return [amounts[first], amounts[last]];
}
