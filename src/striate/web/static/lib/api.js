/**
 * What the page asks of `striate serve`. Errors are the server's own lines. A server with a token asks for it once.
 */

import { t } from "./language.js";
import { ask } from "./token.js";

/** What the window is told when a model is gone that the page still has in its list. */
export const GONE = "model-gone";

/** @typedef {Record<string, string | number | boolean>} Query */

/**
 * @param {string} path below /lab/
 * @param {Query} [query]
 * @returns {Promise<any>}
 */
export const get = (path, query = {}) => call(path, query, { method: "GET" });

/**
 * @param {string} path
 * @param {unknown} document
 * @param {Query} [query]
 * @returns {Promise<any>}
 */
export const post = (path, document, query = {}) =>
  call(path, query, {
    method: "POST",
    body: JSON.stringify(document),
    headers: { "Content-Type": "application/json" },
  });

/**
 * @param {string} path
 * @param {Blob} picture
 * @param {Query} [query]
 * @returns {Promise<any>}
 */
export const postPicture = (path, picture, query = {}) =>
  call(path, query, { method: "POST", body: picture, headers: { "Content-Type": picture.type || "application/octet-stream" } });

/**
 * @param {string} path
 * @param {Query} query
 * @param {RequestInit & { headers?: Record<string, string> }} options
 * @returns {Promise<any>}
 */
async function call(path, query, options) {
  const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const address = `/lab/${path}${words.size ? `?${words}` : ""}`;
  const token = sessionStorage.getItem("token");
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch {
    throw new Error(t("page.silent"));
  }
  if (response.status === 401 && (await ask(token))) return call(path, query, options);
  const answer = await response.json().catch(() => ({}));
  if (response.status === 404 && "model" in query) dispatchEvent(new Event(GONE));
  if (!response.ok) throw new Error(answer.error ?? `the server answered ${response.status}`);
  return answer;
}

/**
 * A function that is never run twice at a time: called meanwhile, it runs once more at the end, with the last arguments
 * alone. So what follows a hand is never behind it by more than one answer.
 * @template {unknown[]} A
 * @param {(...args: A) => Promise<void>} work
 * @returns {(...args: A) => Promise<void>}
 */
export function latest(work) {
  /** @type {A | null} */
  let next = null;
  /** @type {Promise<void> | null} */
  let running = null;
  const run = async () => {
    while (next) {
      const args = next;
      next = null;
      await work(...args);
    }
  };
  return (...args) => {
    next = args;
    running ??= run().finally(() => (running = null));
    return running;
  };
}
