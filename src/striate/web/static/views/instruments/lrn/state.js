/** What stays of LRN when it is left, and what of it stands in an address. */

import { field, matrix, number, whole } from "../../../lib/link-values.js";

/** @import { LinkField, LinkValue, LrnState } from "../../../lib/types.d.ts" */

/** Of the page; the server takes more. */
export const MOST = { maps: 9, value: 200, size: 9, k: 10, beta: 2 };
/** Powers of ten. */
export const ALPHA = { min: -5, max: 0 };
/** The numbers of Krizhevsky et al. 2012. */
export const PAPER = { size: 5, k: 2, alpha: 1e-4, beta: 0.75 };

/** @type {LrnState} */
export const settings = { values: [1, 2, 1, 0, 0], ...PAPER, channel: 0 };

/** The values of some maps after the ReLU. @type {LinkValue<number[]>} */
const VALUES = {
  read: (text) => {
    const values = matrix(1, MOST.maps).read(text)?.[0];
    return values?.every((value) => value >= 0 && value <= MOST.value) ? values : null;
  },
  write: (values) => values.join(),
};

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  values: field(settings, "values", VALUES),
  size: field(settings, "size", whole(MOST.size, 1)),
  k: field(settings, "k", number(0.1, MOST.k)),
  alpha: field(settings, "alpha", number(10 ** ALPHA.min, 10 ** ALPHA.max)),
  beta: field(settings, "beta", number(0, MOST.beta)),
  at: field(settings, "channel", whole(MOST.maps - 1)),
};
