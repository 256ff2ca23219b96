/** The longest parts that two sequences share, as Python's difflib finds them. */

const CUTOFF = 0.6; // of the share of letters that two near names have in common

/**
 * The known word nearest to an unknown one, null if none is near; difflib.get_close_matches.
 * @param {string} word
 * @param {string[]} known
 */
export function nearestName(word, known) {
  const letters = [...word];
  const rated = known.map((name) => ({ name, ratio: ratioOf([...name], letters) })).filter(({ ratio }) => ratio >= CUTOFF);
  rated.sort((one, other) => other.ratio - one.ratio || (one.name < other.name ? 1 : -1));
  return rated.length ? rated[0].name : null;
}

/** @param {string[]} a @param {string[]} b */
const ratioOf = (a, b) => (2 * matchingBlocks(a, b).reduce((sum, [, , size]) => sum + size, 0)) / (a.length + b.length);

/**
 * Ranges that are the same in both, and those between them: [first of a, end of a, first of b, end of b].
 * @param {string[]} a
 * @param {string[]} b
 */
export function alignedRanges(a, b) {
  /** @type {[number, number, number, number][]} */
  const ranges = [];
  let [i, j] = [0, 0];
  for (const [start, startB, size] of [...matchingBlocks(a, b), [a.length, b.length, 0]]) {
    if (i < start || j < startB) ranges.push([i, start, j, startB]);
    [i, j] = [start + size, startB + size];
    if (size) ranges.push([start, i, startB, j]);
  }
  return ranges;
}

/** Parts that both have, in order: [first of a, first of b, size]. @param {string[]} a @param {string[]} b */
function matchingBlocks(a, b) {
  const places = new Map(b.map((item) => [item, /** @type {number[]} */ ([])]));
  b.forEach((item, index) => places.get(item)?.push(index));
  /** @type {[number, number, number][]} */
  const found = [];
  const waiting = [[0, a.length, 0, b.length]];
  while (waiting.length) {
    const [fromA, toA, fromB, toB] = /** @type {number[]} */ (waiting.pop());
    const [i, j, size] = longestMatch(a, places, [fromA, toA, fromB, toB]);
    if (!size) continue;
    found.push([i, j, size]);
    if (fromA < i && fromB < j) waiting.push([fromA, i, fromB, j]);
    if (i + size < toA && j + size < toB) waiting.push([i + size, toA, j + size, toB]);
  }
  return found.sort((one, other) => one[0] - other[0]).reduce((blocks, [i, j, size]) => {
    const last = blocks[blocks.length - 1];
    if (last && last[0] + last[2] === i && last[1] + last[2] === j) last[2] += size;
    else blocks.push([i, j, size]);
    return blocks;
  }, /** @type {[number, number, number][]} */ ([]));
}

/**
 * The longest part that both have within ranges; of several the first.
 * @param {string[]} a
 * @param {Map<string, number[]>} places of each item in b
 * @param {number[]} ranges
 */
function longestMatch(a, places, [fromA, toA, fromB, toB]) {
  let best = [fromA, fromB, 0];
  /** @type {Map<number, number>} */
  let lengths = new Map(); // of the matches that end before this item of a, by their end in b
  for (let i = fromA; i < toA; i++) {
    const longer = new Map();
    for (const j of places.get(a[i]) ?? []) {
      if (j < fromB || j >= toB) continue;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      longer.set(j, length);
      if (length > best[2]) best = [i - length + 1, j - length + 1, length];
    }
    lengths = longer;
  }
  return best;
}
