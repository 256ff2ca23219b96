/** Bytes as base64, in pieces that a call can take. */

const PIECE = 0x8000;

/** @param {Uint8Array} bytes */
export function encodeBase64(bytes) {
  let letters = "";
  for (let at = 0; at < bytes.length; at += PIECE) letters += lettersOf(bytes.subarray(at, at + PIECE));
  return btoa(letters);
}

/** As one call: to spread the bytes into arguments takes three times as long. @type {(bytes: Uint8Array) => string} */
const lettersOf = Function.prototype.apply.bind(String.fromCharCode, null);

/** @param {string} text */
export const decodeBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
