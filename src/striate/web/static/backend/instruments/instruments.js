/**
 * The numbers of each small instrument; striate/web/lab/instruments. Those of the gradient bench are in ../gradients.js.
 */

import { augmentationRoutes } from "./augmentation.js";
import { dropoutRoutes } from "./dropout.js";
import { learnedFilterRoutes } from "./learned-filter.js";
import { lrnRoutes } from "./lrn.js";
import { overlapRoutes } from "./overlap.js";
import { poolingRoutes } from "./pooling.js";
import { residualRoutes } from "./residual.js";

/** @import { Routes } from "../types.d.ts" */

/** @type {Routes} */
export const instrumentsRoutes = {
  ...overlapRoutes, ...poolingRoutes, ...lrnRoutes, ...dropoutRoutes, ...augmentationRoutes, ...residualRoutes,
  ...learnedFilterRoutes,
};
