/** Memory that is used again: what a pass needs for a moment only, thousands of times. */

/** @type {Map<string, Float32Array>} */
const buffers = new Map();

/** Zeros, until somebody else asks for memory of this name. @param {string} name @param {number} length */
export function zeros(name, length) {
  let buffer = buffers.get(name);
  if (!buffer || buffer.length < length) buffers.set(name, buffer = new Float32Array(length));
  return buffer.subarray(0, length).fill(0);
}
