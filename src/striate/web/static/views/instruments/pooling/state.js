/** What stays of Pooling when it is left, and what of it stands in an address. */

import { field, oneOf, whole, wholes } from "../../../lib/link-values.js";

/** @import { LinkField, PoolingState } from "../../../lib/types.d.ts" */

/** Of the server too. */
export const MOST = { kernel: 6, stride: 6, shift: 4 };

/** @type {PoolingState} */
export const settings = { kernel: 2, stride: 2, kind: "max", shift: 1, place: null };

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  kernel: field(settings, "kernel", whole(MOST.kernel, 1)),
  stride: field(settings, "stride", whole(MOST.stride, 1)),
  kind: field(settings, "kind", oneOf(/** @type {const} */ (["max", "average", "none"]))),
  shift: field(settings, "shift", whole(MOST.shift)),
  at: field(settings, "place", wholes([2], 512)),
};
