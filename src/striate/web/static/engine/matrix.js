/**
 * Products of matrices in blocks of 4×4: what convolutions and fully connected rows are made of.
 *
 * A matrix is its numbers and the places of its rows and columns in them: that of an element is the sum of both. So a transposed
 * matrix is no copy, and neither are the patches under a kernel. Both factors are packed into panels of double precision:
 * JavaScript computes in it, and converts every single one that it reads.
 */

/** @import { Matrix } from "./types.d.ts" */

const DEPTH = 2048, PANEL = 2 ** 16; // at most that are packed together: numbers of a line, and numbers that stay in the cache

const panels = { a: new Float64Array(0), b: new Float64Array(0) };
const edge = new Float64Array(16); // the sums of a block that reaches beyond the matrix

/**
 * Numbers row by row.
 * @param {Float32Array} data
 * @param {number} rows
 * @param {number} columns
 * @param {number} [start]
 * @returns {Matrix}
 */
export const matrix = (data, rows, columns, start = 0) => ({ data, rows: places(rows, columns, start), columns: places(columns, 1) });

/** @type {(of: Matrix) => Matrix} */
export const transposed = ({ data, rows, columns }) => ({ data, rows: columns, columns: rows });

/** Places with a step between them. @param {number} count @param {number} step @param {number} [start] */
export function places(count, step, start = 0) {
  const all = new Int32Array(count);
  for (let index = 0; index < count; index++) all[index] = start + index * step;
  return all;
}

/** to += a b. @param {Matrix} to @param {Matrix} a @param {Matrix} b */
export function addProduct(to, a, b) {
  if (b.columns.length === 1) return addDots(to, a, b);
  if (a.rows.length === 1) return addDots(transposed(to), transposed(b), transposed(a));
  for (let start = 0; start < b.rows.length; start += DEPTH) {
    const inA = a.columns.subarray(start, start + DEPTH), inB = b.rows.subarray(start, start + DEPTH);
    const panelA = packed("a", a.data, a.rows, inA);
    const width = Math.max(4, Math.floor(PANEL / inB.length / 4) * 4);
    for (let first = 0; first < b.columns.length; first += width) {
      const panelB = packed("b", b.data, b.columns.subarray(first, first + width), inB);
      const end = Math.min(first + width, b.columns.length);
      for (let j = first; j < end; j += 4) {
        for (let i = 0; i < a.rows.length; i += 4) addBlock(to, i, j, panelA, panelB, (j - first) * inB.length, inB.length);
      }
    }
  }
}

/**
 * A product with one column: each number of `a` is read once, so that nothing is packed.
 * @param {Matrix} to
 * @param {Matrix} a
 * @param {Matrix} b
 */
function addDots(to, a, b) {
  const column = Float64Array.from(b.rows, (place) => b.data[place + b.columns[0]]);
  const { data, columns } = a;
  for (let i = 0; i < a.rows.length; i++) {
    const row = a.rows[i];
    let sum = 0;
    for (let index = 0; index < columns.length; index++) sum += data[row + columns[index]] * column[index];
    to.data[to.rows[i] + to.columns[0]] += sum;
  }
}

/**
 * Panels of four lines, those that are missing as zeros: the four numbers of a place stand beside each other.
 * @param {"a" | "b"} name
 * @param {Float32Array} data
 * @param {Int32Array} lines
 * @param {Int32Array} along
 */
function packed(name, data, lines, along) {
  const length = Math.ceil(lines.length / 4) * 4 * along.length;
  if (panels[name].length < length) panels[name] = new Float64Array(length);
  const panel = panels[name];
  for (let first = 0, to = 0; first < lines.length; first += 4) {
    const left = lines.length - first;
    const line0 = lines[first], line1 = lines[first + 1], line2 = lines[first + 2], line3 = lines[first + 3];
    for (let index = 0; index < along.length; index++, to += 4) {
      const at = along[index];
      panel[to] = data[at + line0];
      panel[to + 1] = left > 1 ? data[at + line1] : 0;
      panel[to + 2] = left > 2 ? data[at + line2] : 0;
      panel[to + 3] = left > 3 ? data[at + line3] : 0;
    }
  }
  return panel;
}

/**
 * Add the product of a panel of each factor to the block at row i, column j.
 * @param {Matrix} to
 * @param {number} i
 * @param {number} j
 * @param {Float64Array} a
 * @param {Float64Array} b
 * @param {number} startB where the panel of b begins
 * @param {number} depth
 */
function addBlock({ data, rows, columns }, i, j, a, b, startB, depth) {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let p = i * depth, q = startB, end = p + 4 * depth; p < end; p += 4, q += 4) {
    const b0 = b[q], b1 = b[q + 1], b2 = b[q + 2], b3 = b[q + 3];
    const a0 = a[p], a1 = a[p + 1], a2 = a[p + 2], a3 = a[p + 3];
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
  }
  if (i + 4 <= rows.length && j + 4 <= columns.length) {
    const first = rows[i], second = rows[i + 1], third = rows[i + 2], fourth = rows[i + 3];
    const c0 = columns[j], c1 = columns[j + 1], c2 = columns[j + 2], c3 = columns[j + 3];
    data[first + c0] += s00; data[first + c1] += s01; data[first + c2] += s02; data[first + c3] += s03;
    data[second + c0] += s10; data[second + c1] += s11; data[second + c2] += s12; data[second + c3] += s13;
    data[third + c0] += s20; data[third + c1] += s21; data[third + c2] += s22; data[third + c3] += s23;
    data[fourth + c0] += s30; data[fourth + c1] += s31; data[fourth + c2] += s32; data[fourth + c3] += s33;
    return;
  }
  edge[0] = s00; edge[1] = s01; edge[2] = s02; edge[3] = s03; edge[4] = s10; edge[5] = s11; edge[6] = s12; edge[7] = s13;
  edge[8] = s20; edge[9] = s21; edge[10] = s22; edge[11] = s23; edge[12] = s30; edge[13] = s31; edge[14] = s32; edge[15] = s33;
  const height = Math.min(4, rows.length - i), width = Math.min(4, columns.length - j);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[rows[i + y] + columns[j + x]] += edge[4 * y + x];
}
