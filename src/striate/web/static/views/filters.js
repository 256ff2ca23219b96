/** filters */

import { fill, h } from "../lib/dom.js";
import { t } from "../lib/language.js";

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  fill(root, h("h1", {}, t("view.filters")));
  return () => {};
}
