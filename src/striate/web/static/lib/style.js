/** Style sheets that are loaded when what they style is opened. */

import { h } from "./dom.js";

/**
 * Load a style sheet of styles/, if it is not there yet; what it styles is shown when it is.
 * @param {string} name
 * @returns {Promise<unknown>}
 */
export function loadStyle(name) {
  const href = `static/styles/${name}.css`;
  if (globalThis.striatePage) return Promise.resolve(); // it carries all styles
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = h("link", { rel: "stylesheet", href, on: { load: resolve } });
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(href));
    });
    document.head.append(link);
  });
}
