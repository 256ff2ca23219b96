/**
 * Draws of a picture by a recipe's augmentation, and the answer to each; striate/web/lab/instruments/augmentation.py.
 */

import { DRAWS, augmentationSteps, moved, variationOf } from "../../engine/augmentation.js";
import { DIGIT_SEARCH_SIDE } from "../../engine/digit.js";
import { forward } from "../../engine/network.js";
import { asTrainingPicture, convertChannels, downscale, fitWindow, normalize, pictureOf, place } from "../../engine/picture.js";
import { Generator, fillUniform } from "../../engine/random.js";
import { probabilitiesOf } from "../../engine/reliability.js";
import { roundHalfEven } from "../../engine/rounding.js";
import { tensor } from "../../engine/tensor.js";
import { componentsOf, jitterOf } from "../color-jitter.js";
import { checkLogits, classRanking, inputDocument } from "../layers.js";
import { modelOf } from "../models.js";
import { RequestError, queryInt, queryText, queryWord } from "../query.js";
import { storedSide } from "../training/pictures.js";

/** @import { AugmentationStep, BackendModel, Drawn, Jitter, Routes } from "../types.d.ts" */
/** @import { Picture, TableDocument, Tensor } from "../../engine/types.d.ts" */

const MOST_DRAWS = 24, MOST_SEED = 1e6;
const CLASSES = 3;
const EPOCH = 1, EPOCHS = 1_000_003; // of a seed in the seeds of its draws

/** The networks whose recipes can be chosen: the shorter side of their input, and their augmentation. */
const RECIPES = /** @type {const} */ ({
  alexnet: { side: 224, steps: [{ type: "RandomCrop", of: 256 }, { type: "HorizontalFlip" }, { type: "PCAColour", sigma: 0.1 }] },
  googlenet: { side: 224, steps: [
    { type: "RandomResizedCrop", area: [0.08, 1], aspect: [3 / 4, 4 / 3] }, { type: "HorizontalFlip" }, { type: "Brightness", by: 0.4 }] },
  resnet34: { side: 224, steps: [{ type: "RandomCrop", of: [256, 480] }, { type: "HorizontalFlip" }, { type: "PCAColour", sigma: 0.1 }] },
  resnet20: { side: 32, steps: [{ type: "RandomTranslation", cells: 4 }, { type: "HorizontalFlip" }] },
  "lenet5:distorted": { side: 32, steps: [
    { type: "RandomTranslation", cells: 1 }, { type: "Rotation", degrees: 10 }, { type: "Affine", scale: 0.1, squeeze: 0.1, shear: 0.2 }] },
});
const NAMES = /** @type {(keyof typeof RECIPES)[]} */ (Object.keys(RECIPES));

/** @type {Routes} */
export const augmentationRoutes = {
  "POST instruments/augmentation": (backend, query, picture) => {
    const name = queryText(query, "model"), recipe = queryWord(query, "recipe", ["own", ...NAMES], "own");
    const draws = queryInt(query, "draws", 1, MOST_DRAWS), seed = queryInt(query, "seed", 0, MOST_SEED, 0);
    const model = modelOf(backend, { model: name });
    if (!picture) throw new RequestError("the image: empty");
    return drawnPictures(model, pictureOf(picture), { recipe, draws, seed });
  },
};

/**
 * The picture as training would vary it.
 * @param {BackendModel} model
 * @param {Picture} picture
 * @param {{ recipe: string, draws: number, seed: number }} options
 */
function drawnPictures(model, picture, { recipe, draws, seed }) {
  const { table } = model.network.plan, { preprocessing, input: [channels, height, width] } = table;
  const size = /** @type {[number, number]} */ ([height, width]);
  const steps = recipe === "own" ? augmentationSteps(table) : augmentationOf(/** @type {keyof typeof RECIPES} */ (recipe), table);
  const side = preprocessing.figure ? DIGIT_SEARCH_SIDE : storedSide(withSteps(table, steps));
  const training = asTrainingPicture(downscale(convertChannels(picture, channels), side), table);
  const unchanged = place(training, fitWindow(training, preprocessing, size), size);
  const isCut = preprocessing.content && steps.some(({ type }) => type === "RandomCrop" || type === "RandomResizedCrop");
  const stored = isCut ? unchanged : training;
  const framed = isCut ? { ...table, preprocessing: { ...preprocessing, content: null } } : table;
  const components = componentsOf(steps, stored, draws);
  const answerTo = (/** @type {Tensor} */ input) =>
    classRanking(model, probabilitiesOf(model, checkLogits(forward(model.network, input).logits))).slice(0, CLASSES);
  return {
    recipe, kinds: steps.map(({ type }) => type), size: [stored.height, stored.width], input: pictureDocument(unchanged),
    top: answerTo(normalize(unchanged, preprocessing)),
    draws: drawnNumbers(steps, draws, seed).map((drawn) => {
      const values = varied(stored, framed, drawn, jitterOf(drawn, components, channels));
      const bytes = { channels, height, width, data: Uint8Array.from(values, (value) => Math.min(255, Math.max(0, roundHalfEven(value)))) };
      return {
        input: pictureDocument(bytes), top: answerTo(normalized(values, table)),
        steps: drawn.map((one) => ({ kind: one.step.type, numbers: numbersOf(one, stored, framed, components) })),
      };
    }),
  };
}

/** A table with this augmentation. @param {TableDocument} table @param {AugmentationStep[]} steps @returns {TableDocument} */
const withSteps = (table, steps) => ({ ...table, recipe: { ...table.recipe, augmentation: steps } });

/** @param {Picture} fitted */
const pictureDocument = (fitted) => inputDocument({ fitted });

/**
 * A recipe's augmentation, its numbers of pixels scaled to a table's input.
 * @param {keyof typeof RECIPES} name
 * @param {TableDocument} table
 * @returns {AugmentationStep[]}
 */
function augmentationOf(name, { input: [, height, width] }) {
  const share = Math.min(height, width) / RECIPES[name].side, scaled = (/** @type {number} */ pixels) => roundHalfEven(pixels * share);
  return RECIPES[name].steps.map((/** @type {AugmentationStep} */ step) => {
    if (step.type === "RandomCrop") return { ...step, of: Array.isArray(step.of) ? step.of.map(scaled) : scaled(step.of) };
    return step.type === "RandomTranslation" ? { ...step, cells: Math.max(1, scaled(step.cells)) } : step;
  });
}

/**
 * The uniform numbers of each step for each draw, as of a training's first epoch.
 * @param {AugmentationStep[]} steps
 * @param {number} draws
 * @param {number} seed
 * @returns {Drawn[][]}
 */
function drawnNumbers(steps, draws, seed) {
  const generator = new Generator(2 * (seed * EPOCHS + EPOCH) + 1);
  return Array.from({ length: draws }, () => steps.map((step) => {
    const numbers = new Float32Array(DRAWS[step.type]);
    fillUniform(numbers, 0, 1, generator);
    return { step, draws: numbers };
  }));
}

/**
 * The values from 0 to 255 of a picture's window at its place in the input, flipped, warped and with other colours.
 * @param {Picture} picture
 * @param {TableDocument} table
 * @param {Drawn[]} drawn
 * @param {Jitter | null} jitter
 */
function varied(picture, table, drawn, jitter) {
  const [, height, width] = table.input;
  const draws = Float32Array.from(drawn.flatMap((one) => Array.from(one.draws)));
  const values = moved(picture, variationOf(picture, withSteps(table, drawn.map(({ step }) => step)), draws), [height, width]);
  if (!jitter) return Float64Array.from(values);
  const { gain, offsets } = jitter;
  return Float64Array.from(values, (value, at) => Math.min(255, Math.max(0, value * gain + offsets[Math.floor(at / (height * width))])));
}

/** Values from 0 to 255 as a network's input. @param {Float64Array} values @param {TableDocument} table */
function normalized(values, { input: [channels, height, width], preprocessing: { mean, std } }) {
  return tensor([1, channels, height, width], Float32Array.from(values, (value, at) => {
    const channel = Math.floor(at / (height * width));
    return (value / 255 - (mean[channel] ?? mean[0])) / (std[channel] ?? std[0]);
  }));
}

/**
 * What one step drew, read from what it does by itself.
 * @param {Drawn} drawn
 * @param {Picture} picture
 * @param {TableDocument} table
 * @param {number[][] | null} components
 * @returns {Record<string, number>}
 */
function numbersOf(drawn, picture, table, components) {
  const { geometry, isFlipped, warp: [a, b, c, d] } = variationOf(picture, withSteps(table, [drawn.step]), drawn.draws);
  const { top, left, height, width, y, x } = geometry, jitter = jitterOf([drawn], components, picture.channels);
  switch (drawn.step.type) {
    case "RandomCrop": case "RandomResizedCrop": return { top, left, height, width };
    case "RandomTranslation": {
      const fixed = fitWindow(picture, table.preprocessing, /** @type {[number, number]} */ (table.input.slice(1)));
      return { down: y - fixed.y, right: x - fixed.x };
    }
    case "HorizontalFlip": return { flipped: Number(isFlipped) };
    case "Rotation": return { degrees: (Math.atan2(c, a) * 180) / Math.PI };
    case "Affine": return { width: 1 / a, height: 1 / d, shear: -b / a };
    case "Brightness": return { factor: /** @type {Jitter} */ (jitter).gain };
    default: {
      const [red, green, blue] = /** @type {Jitter} */ (jitter).offsets;
      return picture.channels === 3 ? { red, green, blue } : {};
    }
  }
}
