/** What stays of Augmentation when it is left, and what of it stands in an address. */

import { field, oneOf, whole } from "../../../lib/link-values.js";

/** @import { AugmentationState, LinkField } from "../../../lib/types.d.ts" */

export const MOST_DRAWS = 24; // of the server too

/** The networks whose recipes can be chosen; "own" is that of the model. */
export const RECIPES = /** @type {const} */ (["alexnet", "googlenet", "resnet34", "resnet20", "lenet5:distorted", "own"]);

/** @type {AugmentationState} */
export const settings = { draws: 8, seed: 0, recipe: "alexnet" };

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  draws: field(settings, "draws", whole(MOST_DRAWS, 1)),
  seed: field(settings, "seed", whole(1e6)),
  recipe: field(settings, "recipe", oneOf(RECIPES)),
};
