/**
 * Starts a page that carries everything in itself: each part is checked against its digest, then the code among them runs. This file
 * and those that it imports stand in the page one after the other, without their imports and exports.
 */

import { inflate } from "./inflate.js";
import { moduleTexts } from "./modules.js";
import { sha256 } from "./sha256.js";

/** @import { PartInfo, Written } from "./types.d.ts" */

const NAME = "striatePage";

/** @param {string} id */
const elementOf = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A part's text, which stands in the page or in a file beside it. @param {string} name @param {Record<string, PartInfo>} parts */
async function readText(name, parts) {
  const { file } = elementOf(`part-${name}`).dataset;
  const text = file ? await (await fetch(file)).text() : elementOf(`part-${name}`).textContent ?? "";
  if (await sha256(new TextEncoder().encode(text)) !== parts[name].digest) {
    elementOf("damaged").hidden = false;
    throw new Error(`damaged: ${name}`);
  }
  return text;
}

/** Run the page. */
async function start() {
  const { parts, digest, entry } = /** @type {Written} */ (JSON.parse(elementOf("parts").textContent ?? ""));
  const readPart = async (/** @type {string} */ name) => {
    const letters = atob(await readText(name, parts));
    return inflate(Uint8Array.from(letters, (letter) => letter.charCodeAt(0)), parts[name].size);
  };
  const whole = await sha256(new TextEncoder().encode(Object.values(parts).map((part) => part.digest).join("\n")));
  if (whole !== digest) throw new Error("damaged: parts");
  if (document.querySelector("link[rel=manifest]")) void navigator.serviceWorker?.register("service-worker.js").catch(() => {});
  for (const name of Object.keys(parts)) if (!elementOf(`part-${name}`).dataset.file) await readText(name, parts);
  const decode = (/** @type {Uint8Array} */ bytes) => new TextDecoder().decode(bytes);
  document.head.append(Object.assign(document.createElement("style"), { textContent: decode(await readPart("style")) }));
  const files = JSON.parse(decode(await readPart("code")));
  globalThis.striatePage = { parts, digest, readPart, ...moduleTexts(files, NAME) };
  await globalThis.striatePage.load("", entry);
}

elementOf("damaged").hidden = true; // it stays where this text itself is not what was written: then a browser does not run it
start().catch((error) => {
  console.error(error);
  elementOf("damaged").hidden = false;
});
