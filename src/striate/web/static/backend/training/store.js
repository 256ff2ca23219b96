/** The runs of each backend. */

import { RunStore } from "./runs.js";

/** @import { Backend } from "../types.d.ts" */

/** @type {WeakMap<Backend, RunStore>} */
const stores = new WeakMap();

/** The runs of a page. @param {Backend} backend */
export function runsOf(backend) {
  const store = stores.get(backend) ?? new RunStore();
  stores.set(backend, store);
  return store;
}
