/** What stays of Learned filter when it is left, and what of it stands in an address. */

import { field, oneOf, whole } from "../../../lib/link-values.js";

/** @import { LearnedFilterState, LinkField } from "../../../lib/types.d.ts" */

export const TARGETS = /** @type {const} */ (["sobel_x", "sobel_y", "outline", "gaussian_blur", "sharpen", "emboss"]);

/** @type {LearnedFilterState} */
export const settings = { target: "sobel_x", seed: 1, step: 0 };

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  target: field(settings, "target", oneOf(TARGETS)),
  seed: field(settings, "seed", whole(1e6)),
  step: field(settings, "step", whole(500)),
};
