/**
 * The rules of what is beside a table's rows; the `check` of each class of striate/tables/recipe.py, augmentation.py, preprocessing.py
 * and initialization.py. Every number is finite: a table is read so.
 */

import { spellFloat, spellShape, spellTuple, spellWhole, quoted } from "../../engine/spelling.js";
import { TableError } from "../../engine/table-error.js";

/** @import { Shape } from "../../engine/types.d.ts" */

const LARGEST_CROP = 4; // of the input
const LARGEST_FIGURE = 1024, LEAST_CROP = 0.01;
const CROPS = ["RandomCrop", "RandomResizedCrop"];

/** @type {(condition: boolean, line: () => string) => void} */
const require = (condition, line) => {
  if (!condition) throw new TableError(line());
};
const floats = (/** @type {number[]} */ numbers) => `[${numbers.map(spellFloat).join(", ")}]`;

/** @param {any} preprocessing @param {Shape} input */
export function checkPreprocessing({ content, crop, figure, mean, std }, [channels, ...size]) {
  require(!content || content.every((/** @type {number} */ side, /** @type {number} */ axis) => side >= 1 && side <= size[axis]), () =>
    `preprocessing: content must lie within the input: ${spellShape(content)}, ${spellShape(size)}`);
  require(crop >= LEAST_CROP && crop <= 1, () => `preprocessing: crop must be at least ${LEAST_CROP} and at most 1: ${spellFloat(crop)}`);
  require(!figure || (figure[0] >= 1 && figure[0] <= figure[1] && figure[1] <= LARGEST_FIGURE), () =>
    `preprocessing: figure must be a size and that of the picture around it, at most ${LARGEST_FIGURE}: ${spellTuple(figure)}`);
  for (const [field, numbers] of Object.entries({ mean, std })) {
    require(numbers.length === 1 || numbers.length === channels, () =>
      `preprocessing: ${field} must be one number or one for each channel: ${floats(numbers)}`);
  }
  require(Math.min(...std) > 0, () => `preprocessing: std must be above 0: ${floats(std)}`);
}

/** Whether an augmentation has a crop. @param {{ type: string }[]} augmentation */
export const hasCrop = (augmentation) => augmentation.some(({ type }) => CROPS.includes(type));

/** @param {any} recipe @param {Shape} input */
export function checkRecipe(recipe, [, height, width]) {
  for (const [field, least] of [["epochs", 1], ["batch_size", 1], ["seed", 0]]) {
    require(recipe[field] >= least, () => `recipe: ${field} must be at least ${least}: ${spellWhole(recipe[field])}`);
  }
  require(recipe.learning_rate > 0, () => `recipe: learning_rate must be above 0: ${spellFloat(recipe.learning_rate)}`);
  require(recipe.weight_decay >= 0, () => `recipe: weight_decay must not be negative: ${spellFloat(recipe.weight_decay)}`);
  require(recipe.rubbish > 0, () => `recipe: rubbish must be above 0: ${spellFloat(recipe.rubbish)}`);
  checkWhatIsOff(recipe);
  PARTS[recipe.optimizer.type]?.(recipe.optimizer, []);
  PARTS[recipe.schedule.type]?.(recipe.schedule, []);
  recipe.augmentation.forEach((/** @type {any} */ part, /** @type {number} */ place) => {
    PARTS[part.type]?.(part, [height, width]);
    require(!CROPS.includes(part.type) || place === 0, () =>
      `recipe: ${part.type} must come first in the augmentation, and only one crop`);
  });
}

/** @param {any} recipe */
function checkWhatIsOff(recipe) {
  for (const field of ["label_smoothing", "ema"]) {
    const value = recipe[field];
    require(value === null || (value > 0 && value < 1), () => `recipe: ${field} must lie between 0 and 1: ${spellFloat(value)}`);
  }
  const { gradient_clip: clip, patience, loss } = recipe;
  require(clip === null || clip > 0, () => `recipe: gradient_clip must be above 0: ${spellFloat(clip)}`);
  require(patience === null || patience >= 1, () => `recipe: patience must be at least 1 epoch: ${spellWhole(patience)}`);
  require(loss === "cross_entropy" || (!recipe.label_smoothing && recipe.class_weights === "equal"), () =>
    `recipe: label_smoothing and class_weights belong to cross_entropy, not to ${loss}`);
}

/** @param {number} factor */
const checkFactor = (factor) =>
  require(factor > 0 && factor <= 1, () => `recipe: factor must be above 0 and at most 1: ${spellFloat(factor)}`);

/** Parts of a recipe; an augmentation is for an input of a (height, width). @type {Record<string, (part: any, size: number[]) => void>} */
const PARTS = {
  SGD: ({ momentum, nesterov }) => require(momentum >= 0 && momentum < 1 && !(nesterov && momentum === 0), () =>
    `recipe: momentum must be in [0, 1), and above 0 for Nesterov's: ${spellFloat(momentum)}`),
  StepDecay({ every, factor }) {
    require(every >= 1, () => `recipe: StepDecay: every must be at least 1 epoch: ${spellWhole(every)}`);
    checkFactor(factor);
  },
  Milestones({ at, factor, warm_up: warmUp }) {
    require(at.every((/** @type {number} */ share) => share > 0 && share < 1) && warmUp >= 0, () =>
      `recipe: Milestones: at must be shares between 0 and 1, warm_up not negative: ${floats(at)}, ${spellWhole(warmUp)}`);
    checkFactor(factor);
  },
  Plateau({ factor, patience }) {
    require(patience >= 1, () => `recipe: Plateau: patience must be at least 1 epoch: ${spellWhole(patience)}`);
    checkFactor(factor);
  },
  InverseTime: ({ decay }) => require(decay >= 0, () => `recipe: InverseTime: decay must not be negative: ${spellFloat(decay)}`),
  RandomCrop({ of }, size) {
    const [least, most] = [of].flat().length === 2 ? of : [of, of], shorter = Math.min(...size);
    require(shorter <= least && least <= most && most <= LARGEST_CROP * shorter, () =>
      `recipe: RandomCrop: of must lie between the input's ${shorter} pixels and ${LARGEST_CROP} times as many,`
      + ` from less to more: ${spellTuple(of)}`);
  },
  RandomResizedCrop({ area, aspect }) {
    const isRange = area[0] > 0 && area[0] <= area[1] && area[1] <= 1 && aspect[0] > 0 && aspect[0] <= aspect[1];
    require(isRange, () => "recipe: RandomResizedCrop: area must be a range within (0, 1], aspect one above 0:"
      + ` ${spellTuple(area, spellFloat)}, ${spellTuple(aspect, spellFloat)}`);
  },
  RandomTranslation: ({ cells }, size) => require(cells >= 0 && cells <= Math.max(...size), () =>
    `recipe: RandomTranslation: cells must be from 0 to the input's ${Math.max(...size)}: ${spellWhole(cells)}`),
  Rotation: ({ degrees }) => require(degrees >= 0 && degrees <= 180, () =>
    `recipe: Rotation: degrees must be in [0, 180]: ${spellFloat(degrees)}`),
  Affine: ({ scale, squeeze, shear }) => require([scale, squeeze, shear].every((number) => number >= 0 && number <= 1), () =>
    `recipe: Affine: scale, squeeze and shear must be in [0, 1]: ${[scale, squeeze, shear].map(spellFloat).join(", ")}`),
  Brightness: ({ by }) => require(by >= 0 && by <= 1, () => `recipe: Brightness: by must be in [0, 1]: ${spellFloat(by)}`),
  PCAColour: ({ sigma }) => require(sigma >= 0, () => `recipe: PCAColour: sigma must not be negative: ${spellFloat(sigma)}`),
};

/** @param {any} initialization @param {Set<string>} biased the rows with a bias */
export function checkInitialization({ type, std, bias_one: started }, biased) {
  if (type !== "Gaussian") return;
  require(std > 0, () => `initialization: std must be above 0: ${spellFloat(std)}`);
  for (const name of started) {
    require(biased.has(name), () => `initialization: there is no row ${quoted(name)} whose bias could start at 1`);
  }
}
