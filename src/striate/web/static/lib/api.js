/**
 * Everything that the page asks for goes through here: requests to `striate serve`, or to the backend that a page carries in itself.
 * An error's message is the line of what answers, in the page's language.
 */

import { contentOf } from "./canvas.js";
import { language, t } from "./i18n.js";
import { session } from "./storage.js";
import { requestToken } from "./token.js";

/** @import { GetResponses, PictureResponses, PostResponses, Query } from "./types.d.ts" */
/** @import { BackendAnswer } from "../backend/types.d.ts" */

/** The event on the window when the server no longer has a model of the page's list. */
export const MODEL_NOT_FOUND = "model-not-found";
/** The event on the window when the server has answered. */
export const ANSWERED = "answered";
/** The event on the window when the server does not answer: what the page shows is old. */
export const GONE = "gone";

/**
 * @template {keyof GetResponses} P
 * @param {P} path below lab/, beside the page: a proxy may serve both below a path of its own
 * @param {Query} [query]
 * @returns {Promise<GetResponses[P]>}
 */
export const get = (path, query = {}) => request({ method: "GET", path, query });

/**
 * @template {keyof PostResponses} P
 * @param {P} path
 * @param {unknown} document
 * @param {Query} [query]
 * @returns {Promise<PostResponses[P]>}
 */
export const post = (path, document, query = {}) =>
  request({ method: "POST", path, query, document });

/**
 * @template {keyof PictureResponses} P
 * @param {P} path
 * @param {Blob} picture
 * @param {Query} [query]
 * @returns {Promise<PictureResponses[P]>}
 */
export const postPicture = (path, picture, query = {}) =>
  request({ method: "POST", path, query, picture });

/** @typedef {{ method: string, path: string, query: Query, document?: unknown, picture?: Blob }} Request */

/** The JSON of the answer; the type of each route stands in types.d.ts. @param {Request} asked @returns {Promise<any>} */
async function request({ query, ...asked }) {
  const parameters = String(new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])));
  const { status, body } = globalThis.striatePage
    ? await (await import("../backend/client.js")).ask({ ...asked, query: parameters, language: language() })
    : await askServer({ ...asked, query: parameters });
  dispatchEvent(new Event(ANSWERED));
  if (status === 404 && "model" in query) dispatchEvent(new Event(MODEL_NOT_FOUND));
  if (status >= 400) throw new Error(body.error ?? t("page.status", { status }));
  return body;
}

/**
 * @param {Omit<Request, "query"> & { query: string }} asked
 * @returns {Promise<BackendAnswer>}
 */
async function askServer(asked) {
  const { method, path, query, document, picture } = asked;
  const url = `lab/${path}${query && `?${query}`}`;
  const token = session.getItem("token");
  const type = picture ? picture.type || "application/octet-stream" : "application/json";
  const headers = {
    ...(method === "POST" ? { "Content-Type": type } : {}), "Accept-Language": language(),
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
  };
  const body = picture ? contentOf(picture) : method === "POST" ? JSON.stringify(document) : undefined;
  let response;
  try {
    response = await fetch(url, { method, headers, body });
  } catch {
    dispatchEvent(new Event(GONE));
    throw new Error(t("page.stale"));
  }
  if (response.status === 401 && (await requestToken(token))) return askServer(asked);
  return { status: response.status, body: await response.json().catch(() => ({})) };
}
