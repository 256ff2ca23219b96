/**
 * How the values of the state are written in an address and read from one. `read` takes whatever somebody typed, and
 * returns null if it is no such value.
 */

/** @import { LinkField, LinkValue } from "./types.d.ts" */

const MAX_NAME = 200; // letters
const MAX_NAMES = 50;

/** The name of a model, a row, a run, a table. @type {LinkValue<string>} */
export const NAME = {
  read: (text) => (text && text.length <= MAX_NAME && !/\p{Cc}/u.test(text) ? text : null),
  write: (value) => value || null,
};

/** Names that hold no comma. @type {LinkValue<string[]>} */
export const NAMES = {
  read: (text) => (text ?? "").split(",").slice(0, MAX_NAMES).filter((name) => NAME.read(name) !== null),
  write: (values) => values.slice(0, MAX_NAMES).join(",") || null,
};

/**
 * Rows of as many numbers, with a semicolon between.
 * @param {number} rows at most
 * @param {number} columns at most
 * @returns {LinkValue<number[][]>}
 */
export const matrix = (rows, columns) => ({
  read: (text) => {
    const read = (text ?? "").split(";", rows + 1).map((row) => numbersOf(row, 1000));
    const isFull = read.length <= rows && read.every((row) => row && row.length <= columns && row.length === read[0]?.length);
    return isFull ? /** @type {number[][]} */ (read) : null;
  },
  write: (values) => values.map((row) => row.join()).join(";"),
});

/** A square kernel. @type {LinkValue<number[][]>} */
export const KERNEL = {
  read: (text) => {
    const rows = matrix(7, 7).read(text);
    return rows && [1, 3, 5, 7].includes(rows.length) && rows.length === rows[0].length ? rows : null;
  },
  write: matrix(7, 7).write,
};

/** @type {LinkValue<boolean>} */
export const FLAG = {
  read: (text) => (text === "1" || text === "0" ? text === "1" : null),
  write: (value) => (value ? "1" : "0"),
};

/** @param {number} least @param {number} most @returns {LinkValue<number>} */
export const number = (least, most) => ({
  read: (text) => (text && isNumber(text) && Number(text) >= least && Number(text) <= most ? Number(text) : null),
  write: (value) => String(Number(value.toFixed(6))),
});

/** A whole number from 0. @param {number} most @param {number} [least] @returns {LinkValue<number>} */
export const whole = (most, least = 0) => ({
  read: (text) => (text && /^\d{1,9}$/.test(text) && Number(text) <= most && Number(text) >= least ? Number(text) : null),
  write: String,
});

/** Whole numbers from 0, as many as one of the counts. @param {number[]} counts @param {number} most @returns {LinkValue<any>} */
export const wholes = (counts, most) => ({
  read: (text) => {
    const values = (text ?? "").split(",").map(whole(most).read);
    return counts.includes(values.length) && values.every((value) => value !== null) ? values : null;
  },
  write: (values) => values.join(),
});

/** @template {string | number} T @param {readonly T[]} choices @returns {LinkValue<T>} */
export const oneOf = (choices) => ({
  read: (text) => choices.find((choice) => String(choice) === text) ?? null,
  write: String,
});

/**
 * A field for `part[key]`, which stands in the address unless it has the value that it has at first.
 * @template {object} P
 * @template {string & keyof P} K
 * @param {P} part
 * @param {K} key
 * @param {LinkValue<NonNullable<P[K]>>} kind
 * @returns {LinkField}
 */
export function field(part, key, kind) {
  const write = () => {
    const value = part[key];
    return value === null || value === undefined ? null : kind.write(value);
  };
  const [first, text] = [part[key], write()];
  return {
    initial: text,
    write,
    read: (typed) => {
      part[key] = kind.read(typed) ?? kind.read(text) ?? first; // read again: a list may have changed in place
    },
  };
}

/** A field whose change is a step of Back; it always stands in the address. @param {LinkField} field @returns {LinkField} */
export const step = (field) => ({ ...field, initial: null, step: true });

/** @param {string} text */
const isNumber = (text) => /^-?\d{1,9}(\.\d{1,9})?(e-?\d{1,2})?$/.test(text);

/** @param {string} text @param {number} most */
function numbersOf(text, most) {
  const values = text.split(",");
  return values.every((value) => isNumber(value) && Math.abs(Number(value)) <= most) ? values.map(Number) : null;
}
