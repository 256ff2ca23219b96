/** Bytes and texts in the 64 letters that an address carries as they are. */

import { decodeBase64 } from "./canvas.js";

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encodeBase64url(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * @param {string} text
 * @returns {Uint8Array | null} null if it is no such text
 */
export function decodeBase64url(text) {
  try {
    return decodeBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
  } catch {
    return null;
  }
}

/** A document as JSON in these letters. @param {unknown} document */
export const encodeJson = (document) => encodeBase64url(new TextEncoder().encode(JSON.stringify(document)));

/**
 * @param {string} text
 * @returns {any} undefined if it is no such text
 */
export function decodeJson(text) {
  const bytes = decodeBase64url(text);
  try {
    return bytes ? JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) : undefined;
  } catch {
    return undefined;
  }
}
