/** The learning rate of each step, by a recipe's schedule; striate/tables/recipe.py has their sources. */

/** @import { Recipe } from "./types.d.ts" */

/**
 * @param {Recipe} recipe
 * @param {number} step counted from 0 over the whole training
 * @param {number} epochSteps
 * @param {number[]} [accuracies] of validation in the epochs before, which a plateau needs
 */
export function learningRate(recipe, step, epochSteps, accuracies = []) {
  return recipe.learning_rate * shareOf(recipe, step, epochSteps, accuracies);
}

/** @param {Recipe} recipe @param {number} step @param {number} epochSteps @param {number[]} accuracies */
function shareOf({ schedule, epochs }, step, epochSteps, accuracies) {
  const steps = epochSteps * epochs, last = Math.max(1, steps - 1), epoch = Math.floor(step / epochSteps);
  switch (schedule.type) {
    case "OneCycle": return step < last / 5 ? (1 + (24 * step) / (last / 5)) / 25 : fall((step - last / 5) / (last - last / 5));
    case "Cosine": return fall(step / last);
    case "StepDecay": return schedule.factor ** Math.floor(epoch / schedule.every);
    case "Milestones": {
      const reached = schedule.at.filter((/** @type {number} */ milestone) => step >= milestone * steps).length;
      return epoch < schedule.warm_up ? 0.1 : schedule.factor ** reached;
    }
    case "Plateau": return schedule.factor ** plateaus(accuracies, schedule.patience);
    case "InverseTime": return 1 / (1 + (schedule.decay * step) / steps);
    default: return 1;
  }
}

/** Half a cosine from 1 down to 0. @param {number} share */
const fall = (share) => (1 + Math.cos(Math.PI * share)) / 2;

/** How often the best accuracy was not exceeded for `patience` epochs. @param {number[]} accuracies @param {number} patience */
function plateaus(accuracies, patience) {
  let best = -Infinity, since = 0, count = 0;
  for (const accuracy of accuracies) {
    since = accuracy > best ? 0 : since + 1;
    best = Math.max(best, accuracy);
    if (since === patience) [count, since] = [count + 1, 0];
  }
  return count;
}
