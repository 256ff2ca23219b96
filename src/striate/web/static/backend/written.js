/** Documents that the server's code wrote beforehand, by their keys: the path, and the parameters in the order of their names. */

import { RequestError } from "./query.js";

/** @import { Backend, Query } from "./types.d.ts" */
/** @import { Language } from "../lib/types.d.ts" */

const NOT_HERE = "this page has no server, which alone could answer that";

/**
 * A document; before the key of one that depends on the language stands the language.
 * @param {Backend} backend
 * @param {string} method
 * @param {string} path
 * @param {Query} query
 * @param {Language} [language]
 */
export function writtenBeforehand({ documents }, method, path, query, language) {
  const parameters = String(new URLSearchParams(Object.entries(query).sort().map(([name, value]) => [name, String(value)])));
  const key = `${path}${parameters && `?${parameters}`}`;
  const document = method === "GET" ? documents.get(`${language} ${key}`) ?? documents.get(key) : undefined;
  if (document === undefined) throw new RequestError(NOT_HERE, 404);
  return document;
}
