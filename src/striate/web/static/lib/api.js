/**
 * Requests to `striate serve`; everything that the page asks for goes through here. An error's message is the server's line.
 */

import { t } from "./i18n.js";
import { session } from "./storage.js";
import { requestToken } from "./token.js";

/** @import { GetResponses, PictureResponses, PostResponses, Query } from "./types.d.ts" */

/** The event on the window when the server no longer has a model of the page's list. */
export const MODEL_NOT_FOUND = "model-not-found";

/**
 * @template {keyof GetResponses} P
 * @param {P} path below lab/, beside the page: a proxy may serve both below a path of its own
 * @param {Query} [query]
 * @returns {Promise<GetResponses[P]>}
 */
export const get = (path, query = {}) => request(path, query, { method: "GET" });

/**
 * @template {keyof PostResponses} P
 * @param {P} path
 * @param {unknown} document
 * @param {Query} [query]
 * @returns {Promise<PostResponses[P]>}
 */
export const post = (path, document, query = {}) =>
  request(path, query, {
    method: "POST",
    body: JSON.stringify(document),
    headers: { "Content-Type": "application/json" },
  });

/**
 * @template {keyof PictureResponses} P
 * @param {P} path
 * @param {Blob} picture
 * @param {Query} [query]
 * @returns {Promise<PictureResponses[P]>}
 */
export const postPicture = (path, picture, query = {}) =>
  request(path, query, { method: "POST", body: picture, headers: { "Content-Type": picture.type || "application/octet-stream" } });

/**
 * @param {string} path
 * @param {Query} query
 * @param {RequestInit & { headers?: Record<string, string> }} options
 * @returns {Promise<any>} the JSON of the answer; the type of each route stands in types.d.ts
 */
async function request(path, query, options) {
  const parameters = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const url = `lab/${path}${parameters.size ? `?${parameters}` : ""}`;
  const token = session.getItem("token");
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let response;
  try {
    response = await fetch(url, { ...options, headers });
  } catch {
    throw new Error(t("page.no_response"));
  }
  if (response.status === 401 && (await requestToken(token))) return request(path, query, options);
  const body = await response.json().catch(() => ({}));
  if (response.status === 404 && "model" in query) dispatchEvent(new Event(MODEL_NOT_FOUND));
  if (!response.ok) throw new Error(body.error ?? t("page.status", { status: response.status }));
  return body;
}
