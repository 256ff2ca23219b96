/** What stays of the residual block when it is left, and what of it stands in an address. */

import { field, FLAG, number, whole } from "../../../lib/link-values.js";

/** @import { LinkField, ResidualState } from "../../../lib/types.d.ts" */

export const MOST_WEIGHT = 2; // of the server too

/** `centred`: the picture less its mean, so that some of its values are negative. @type {ResidualState} */
export const settings = { weight: 1, plain: false, centred: false, seed: 0 };

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  weight: field(settings, "weight", number(0, MOST_WEIGHT)),
  plain: field(settings, "plain", FLAG),
  centred: field(settings, "centred", FLAG),
  seed: field(settings, "seed", whole(1e6)),
};
