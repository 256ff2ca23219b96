/** Bytes as base64, in pieces that a call can take. */

const PIECE = 0x8000;

/** @param {Uint8Array} bytes */
export function encodeBase64(bytes) {
  let letters = "";
  for (let at = 0; at < bytes.length; at += PIECE) letters += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(letters);
}

/** @param {string} text */
export const decodeBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
