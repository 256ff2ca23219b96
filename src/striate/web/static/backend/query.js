/** What a route reads from a request's query, with the server's defaults, bounds and error lines: striate/web/lab/requests.py. */

/** @import { Query } from "./types.d.ts" */

/** A request that cannot be answered: one line that says what was expected, and the status that the server gives it. */
export class RequestError extends Error {
  /** @param {string} message @param {number} [status] */
  constructor(message, status = 422) {
    super(message);
    this.status = status;
  }
}

/** @param {Query} query @param {string} name @param {string | null} [fallback] */
export function queryText(query, name, fallback = null) {
  const text = name in query ? String(query[name]) : fallback;
  if (text === null) throw new RequestError(`${name}: is missing`);
  return text;
}

/**
 * @param {Query} query
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @param {number | null} [fallback]
 */
export function queryInt(query, name, least, most, fallback = null) {
  const text = queryText(query, name, fallback === null ? null : String(fallback));
  if (!/^-?[0-9]{1,9}$/.test(text) || Number(text) < least || Number(text) > most) {
    throw new RequestError(`${name}: expected a whole number from ${least} to ${most}`);
  }
  return Number(text) + 0; // no -0
}

/**
 * @param {Query} query
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @param {number | null} [fallback]
 */
export function queryFloat(query, name, least, most, fallback = null) {
  const number = readFloat(queryText(query, name, fallback === null ? null : String(fallback)));
  if (!(number >= least && number <= most)) {
    throw new RequestError(`${name}: expected a number from ${formatGeneral(least)} to ${formatGeneral(most)}`);
  }
  return number;
}

/** 0 or 1. @param {Query} query @param {string} name @param {number | null} [fallback] */
export const queryFlag = (query, name, fallback = null) => queryInt(query, name, 0, 1, fallback) === 1;

/**
 * One of some words.
 * @template {string} Word
 * @param {Query} query
 * @param {string} name
 * @param {readonly Word[]} words
 * @param {Word | null} [fallback]
 */
export function queryWord(query, name, words, fallback = null) {
  const text = queryText(query, name, fallback);
  const word = words.find((one) => one === text);
  if (word === undefined) throw new RequestError(`${name}: expected one of ${words.join(", ")}`);
  return word;
}

/**
 * Rows of numbers, such as `1,2;3,4`.
 * @param {Query} query
 * @param {string} name
 * @param {number} rows at most
 * @param {number} columns at most
 * @param {number} most the largest magnitude
 */
export function queryRows(query, name, rows, columns, most) {
  const numbers = queryText(query, name).split(";").map((line) => line.split(",").map(readFloat));
  const isWhole = numbers.length <= rows && numbers[0].length <= columns
    && numbers.every((line) => line.length === numbers[0].length && line.every((number) => Math.abs(number) <= most));
  if (!isWhole) {
    const lengths = rows === 1 ? `up to ${columns} numbers` : `up to ${rows} rows of up to ${columns} numbers each`;
    throw new RequestError(`${name}: expected ${lengths} from ${formatGeneral(-most)} to ${formatGeneral(most)}`);
  }
  return numbers;
}

/** A number as Python reads it; NaN for what is none, and for one that is not finite. @param {string} text */
export function readFloat(text) {
  const plain = text.trim();
  if (!/^[-+]?(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)(e[-+]?\d(_?\d)*)?$/i.test(plain)) return NaN;
  return Number(plain.replace(/_/g, ""));
}

/** A number as Python's format "g" writes it: six digits, an exponent where it is far from 1. @param {number} value */
export function formatGeneral(value) {
  const [digits, exponent] = value.toExponential(5).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  return `${Number(digits)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
