/** Bytes that were deflated (RFC 1951), whole again; browsers as old as Safari 15 have no function for it. */

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
  16385, 24577,
];
const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]; // of the lengths of the codes for lengths
const LONGEST = 15; // bits of a code
const END = 256;

/**
 * @param {Uint8Array} deflated
 * @param {number} size of what comes out
 */
export function inflate(deflated, size) {
  const whole = new Uint8Array(size);
  let [at, to, held, count] = [0, 0, 0, 0]; // places in both, and bits that were read and not used yet

  /** @param {number} wanted */
  function hold(wanted) {
    for (; count < wanted; count += 8) held |= (deflated[at++] ?? 0) << count;
  }

  /** @param {number} used */
  function drop(used) {
    held >>>= used;
    count -= used;
  }

  /** @param {number} wanted */
  function bits(wanted) {
    hold(wanted);
    const value = held & ((1 << wanted) - 1);
    drop(wanted);
    return value;
  }

  /** The next symbol of a code. @param {Uint16Array} code */
  function symbol(code) {
    hold(LONGEST);
    const entry = code[held & ((1 << LONGEST) - 1)];
    if (entry === 0) throw new Error("damaged");
    drop(entry & 15);
    return entry >> 4;
  }

  /** @param {Uint16Array} literals @param {Uint16Array} distances */
  function block(literals, distances) {
    for (let value = symbol(literals); value !== END; value = symbol(literals)) {
      if (value < END) whole[to++] = value;
      else {
        const length = LENGTHS[value - END - 1] + bits(LENGTH_BITS[value - END - 1]);
        const place = symbol(distances), distance = DISTANCES[place] + bits(DISTANCE_BITS[place]);
        for (const end = to + length; to < end; to++) whole[to] = whole[to - distance];
      }
      if (to > size || at - (count >> 3) > deflated.length) throw new Error("damaged");
    }
  }

  /** The codes of a block, whose lengths are themselves coded. */
  function codes() {
    const [literals, distances, listed] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const lengths = new Uint8Array(literals + distances), ofLengths = new Uint8Array(ORDER.length);
    for (let index = 0; index < listed; index++) ofLengths[ORDER[index]] = bits(3);
    const code = codeOf(ofLengths);
    for (let index = 0; index < lengths.length;) {
      const value = symbol(code);
      if (value < 16) lengths[index++] = value;
      else {
        const repeated = value === 16 ? lengths[index - 1] : 0;
        const times = value === 16 ? 3 + bits(2) : value === 17 ? 3 + bits(3) : 11 + bits(7);
        lengths.fill(repeated, index, index += times);
      }
    }
    return [codeOf(lengths.subarray(0, literals)), codeOf(lengths.subarray(literals))];
  }

  for (let isLast = 0; !isLast;) {
    isLast = bits(1);
    const kind = bits(2);
    if (kind === 0) { // stored as it is, from the next whole byte on
      drop(count & 7);
      const length = bits(8) | (bits(8) << 8);
      at += 2 - (count >> 3); // behind the length's complement
      [held, count] = [0, 0];
      whole.set(deflated.subarray(at, at += length), to);
      to += length;
    } else {
      const [literals, distances] = kind === 1 ? FIXED : codes();
      block(literals, distances);
    }
  }
  if (to !== size) throw new Error("damaged");
  return whole;
}

/**
 * A Huffman code from the lengths of its symbols' codes: for the next 15 bits the symbol, and in the lowest four bits its code's length.
 * @param {Uint8Array} lengths
 */
function codeOf(lengths) {
  const table = new Uint16Array(1 << LONGEST);
  for (let length = 1, code = 0; length <= LONGEST; length++, code <<= 1) {
    lengths.forEach((own, value) => {
      if (own !== length) return;
      let reversed = 0;
      for (let bit = 0; bit < length; bit++) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
      for (let entry = reversed; entry < table.length; entry += 1 << length) table[entry] = (value << 4) | length;
      code++;
    });
  }
  return table;
}

const FIXED = [
  codeOf(Uint8Array.from({ length: 288 }, (_, value) => (value < 144 ? 8 : value < 256 ? 9 : value < 280 ? 7 : 8))),
  codeOf(new Uint8Array(30).fill(5)),
];
