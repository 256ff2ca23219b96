/** Requests of the pages of a class, each with a token of its own: that of a device, or the key of the teacher's page. */

import { language, t } from "../lib/i18n.js";

/** An answer with an error's status; the message is the server's line. */
export class RequestError extends Error {
  /** @param {string} message @param {number} status 0 if there was no answer */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path below class/, beside the page
 * @param {string} token
 * @param {{ document?: unknown, picture?: Blob }} [body] to send; without one the request is a GET
 * @returns {Promise<any>} the JSON of the answer
 */
export async function ask(path, token, { document, picture } = {}) {
  const isGet = document === undefined && !picture;
  const type = picture ? "image/png" : "application/json";
  const headers = { "Accept-Language": language(), Authorization: `Bearer ${token}`, ...(isGet ? {} : { "Content-Type": type }) };
  let response;
  try {
    const body = isGet ? undefined : picture ?? JSON.stringify(document);
    response = await fetch(`class/${path}`, { method: isGet ? "GET" : "POST", headers, body });
  } catch {
    throw new RequestError(t("page.no_response"), 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new RequestError(answer.error ?? t("page.status", { status: response.status }), response.status);
  return answer;
}

/** Where the picture of a drawing is. @param {string} id */
export const pictureAddress = (id) => `class/picture?id=${encodeURIComponent(id)}`;

/**
 * Call `work` again and again, as long as the page can be seen; later where it fails.
 * @param {() => Promise<void>} work
 * @param {number} interval milliseconds
 * @returns {() => Promise<void>} calls it now
 */
export function repeat(work, interval) {
  /** @type {number | undefined} */
  let timer;
  let isRunning = false;
  async function run() {
    if (isRunning) return;
    clearTimeout(timer);
    isRunning = true;
    let pause = interval;
    try {
      if (!document.hidden) await work();
    } catch {
      pause = 3 * interval;
    }
    isRunning = false;
    timer = setTimeout(run, pause);
  }
  document.addEventListener("visibilitychange", () => void run());
  return run;
}
