/** What stays of the gradient bench when it is left, and what of it stands in an address. */

import { field, FLAG, oneOf } from "../../../lib/link-values.js";

/** @import { BenchSetting, GradientBenchState, LinkField, LinkValue } from "../../../lib/types.d.ts" */

export const DEPTHS = /** @type {const} */ ([8, 14, 20, 32, 44, 56]);
export const INITIALIZATIONS = /** @type {const} */ (["he", "glorot", "small", "large", "huge"]);

/** `kept` is another setting, whose curve stays for comparison. @type {GradientBenchState} */
export const settings = { depth: 56, shortcut: true, initialization: "he", batch_norm: true, kept: null };

const [depths, initializations] = [oneOf(DEPTHS), oneOf(INITIALIZATIONS)];

/** A setting as `56,0,small,0`: depth, shortcut, initialization, batch normalization. @type {LinkValue<BenchSetting>} */
const SETTING = {
  read: (text) => {
    const [depth, shortcut, initialization, batchNorm, ...rest] = (text ?? "").split(",");
    const read = { depth: depths.read(depth), shortcut: FLAG.read(shortcut), initialization: initializations.read(initialization ?? null),
      batch_norm: FLAG.read(batchNorm) };
    const isWhole = rest.length === 0 && Object.values(read).every((value) => value !== null);
    return isWhole ? /** @type {BenchSetting} */ (read) : null;
  },
  write: ({ depth, shortcut, initialization, batch_norm: batchNorm }) =>
    [depth, FLAG.write(shortcut), initialization, FLAG.write(batchNorm)].join(),
};

/** @type {Record<string, LinkField>} */
export const FIELDS = {
  depth: field(settings, "depth", depths),
  shortcut: field(settings, "shortcut", FLAG),
  initialization: field(settings, "initialization", initializations),
  batch_norm: field(settings, "batch_norm", FLAG),
  kept: field(settings, "kept", SETTING),
};
