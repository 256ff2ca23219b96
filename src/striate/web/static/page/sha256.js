/** SHA-256 (FIPS 180-4) of bytes, as hexadecimal digits: by the browser, which has it in a secure context only, else here. */

const PRIMES = [2];
for (let number = 3; PRIMES.length < 64; number += 2) if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
const fraction = (/** @type {number} */ value) => Math.floor((value - Math.floor(value)) * 2 ** 32);
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

/** @param {Uint8Array} bytes */
export async function sha256(bytes) {
  const subtle = globalThis.crypto?.subtle;
  return hexadecimal(subtle ? new Uint8Array(await subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes))) : hash(bytes));
}

/** @param {Uint8Array} bytes */
const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Uint8Array} bytes */
export function hash(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 128;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = Int32Array.from(START), words = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 64; i++) words[i] = i < 16 ? view.getInt32(block + 4 * i) : nextWord(words, i);
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i];
      const two = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, index) => { state[index] += value; });
  }
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((value, index) => digest.setInt32(4 * index, value));
  return new Uint8Array(digest.buffer);
}

/** @param {Int32Array} words @param {number} i */
function nextWord(words, i) {
  const [before, last] = [words[i - 15], words[i - 2]];
  return words[i - 16] + (rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3)) + words[i - 7]
    + (rotate(last, 17) ^ rotate(last, 19) ^ (last >>> 10));
}

/** @param {number} word @param {number} bits */
const rotate = (word, bits) => (word >>> bits) | (word << (32 - bits));
