/** What stays of Dropout when it is left, and what of it stands in an address. */

import { field, number, whole } from "../../../lib/link-values.js";

/** @import { DropoutState, LinkField } from "../../../lib/types.d.ts" */

export const MOST_RATE = 0.95; // of the server too

/** @type {DropoutState} */
export const settings = { rate: 0.5, draws: 8, seed: 0 };

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  rate: field(settings, "rate", number(0, MOST_RATE)),
  draws: field(settings, "draws", whole(1024, 1)),
  seed: field(settings, "seed", whole(1e6)),
};
