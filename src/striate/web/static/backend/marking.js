/** What a student wrote, as numbers, beside the key and the answers of known mistakes; striate/course/exercises/marking.py. */

import { roundHalfEven } from "../engine/rounding.js";

/** @import { Form } from "./types.d.ts" */

const TOLERANCE = 0.01;
const LONGEST = 200; // letters of an answer
const SPACE = "[^\\S\\ufeff]|[\\x1c-\\x1f\\x85]", LETTER = "[\\p{L}\\p{Nl}\\p{No}]"; // as Python has them
const NUMBER = "[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)";
const UNIT = `(?:${SPACE}|${LETTER}|[%.])*`; // pixels, 개, %: whatever letters stand behind
/** Words that may stand between the numbers of a list. */
const BETWEEN = new Set(["x", "and", "then", "before", "after", "to", "앞", "앞에", "뒤", "뒤에", "과", "와", "칸", "개"]);

const pattern = (/** @type {string} */ source, flags = "u") => new RegExp(source, flags);
const ENDS = pattern(`^(?:${SPACE})+|(?:${SPACE})+$`, "gu");
const BEFORE = pattern(`^(?:answer|답|정답|z|약|=|:|${SPACE})+`);
const SQUARE = pattern(`^([0-9]+)(?:${SPACE})*(?:x|\\*|by)(?:${SPACE})*([0-9]+)${UNIT}$`);
const FRACTION = pattern(`^(${NUMBER})(?:${SPACE})*/(?:${SPACE})*([0-9]+)${UNIT}$`);
const SINGLE = pattern(`^(${NUMBER})${UNIT}$`);
const SQUARES = pattern(`([0-9]+)(?:${SPACE})*x(?:${SPACE})*([0-9]+)`, "gu");

/**
 * The numbers of an answer; null if the text is no answer of this form.
 * @param {string} text
 * @param {Form} form
 * @param {number} count
 * @returns {number[] | null}
 */
export function readAnswer(text, form, count = 1) {
  if (Array.from(text).length > LONGEST) return null;
  let plain = text.normalize("NFKC").replace(ENDS, "").toLowerCase().replace(/\p{Nd}/gu, digitOf);
  plain = plain.replace(/[×✕ｘ]/g, "x").replace(/[−–‒‐﹣]/g, "-").replace(BEFORE, "");
  if (form === "list") return readList(plain, count);
  plain = plain.replace(/([0-9])[,'’_ \u00a0](?=[0-9]{3}(?:[^0-9]|$))/g, "$1");
  const square = form === "size" && SQUARE.exec(plain);
  if (square) return square[1] === square[2] ? [Number(square[1])] : null;
  const fraction = form === "decimal" && FRACTION.exec(plain);
  if (fraction) return Number(fraction[2]) ? [Number(fraction[1]) / Number(fraction[2])] : null;
  if (form === "decimal") plain = plain.replace(/^([+-]?[0-9]+),([0-9]{1,2})(?=[^0-9]|$)/, "$1.$2");
  const single = SINGLE.exec(plain);
  return single && [Number(single[1])];
}

/** Numbers with anything but digits between them: commas, spaces, arrows, `x`, words. @param {string} plain @param {number} count */
function readList(plain, count) {
  const all = (/** @type {string} */ text) => text.match(pattern(NUMBER, "gu")) ?? [];
  const words = plain.match(pattern(`${LETTER}+`, "gu")) ?? [];
  if (!words.every((word) => BETWEEN.has(word))) return null;
  const squares = [...plain.matchAll(SQUARES)]; // 5x5, 3x3: kernels
  if (squares.length === count && squares.every(([, a, b]) => a === b) && all(plain).length === 2 * count) {
    return squares.map(([, a]) => Number(a));
  }
  const numbers = all(plain.replace(/([0-9])-(?!>)(?=[0-9])|->/g, "$1 "));
  return numbers.length === count ? numbers.map(Number) : null;
}

/** A digit of any script as one of ours: those of a script follow one another. @param {string} digit */
function digitOf(digit) {
  const code = /** @type {number} */ (digit.codePointAt(0));
  let value = 0;
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value);
}

/** Whether two answers are the same to whoever marks them: within a hundredth. @type {(one: number[], other: number[]) => boolean} */
export const isSameAnswer = (one, other) =>
  one.length === other.length && one.every((number, index) => Math.abs(number - other[index]) <= TOLERANCE + 1e-9);

/** An answer as a solution states it. @param {number[]} answer @param {Form} form */
export function shownAnswer(answer, form) {
  if (form === "size") return `${cell(answer[0])}×${cell(answer[0])}`;
  if (form === "list") return answer.map(cell).join(", ");
  if (form === "decimal") return withMinus(twoDigits(answer[0]).replace(/\.?0+$/, ""));
  return withMinus(String(Math.trunc(answer[0])).replace(/\B(?=(\d{3})+$)/g, ","));
}

/** Rounded as Python does it: of eighths, which lie in the middle between two hundredths, to the even one. @param {number} value */
const twoDigits = (value) => (Number.isInteger(8 * value) ? roundHalfEven(100 * value) / 100 : value).toFixed(2);

/** Six digits, as Python's format "g" writes numbers of this size. @param {number} value */
const cell = (value) => withMinus(String(Number(value.toPrecision(6))));

/** @param {string} text */
const withMinus = (text) => text.replace("-", "−");
