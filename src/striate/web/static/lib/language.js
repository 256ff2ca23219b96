/** The page's words: one file a language, chosen by the reader, else by the browser. */

import { en } from "../strings/en.js";
import { ko } from "../strings/ko.js";

/** @typedef {"en" | "ko"} Language */
/** @typedef {keyof typeof en} Key */

/** @type {Record<Language, Record<Key, string>>} */
const STRINGS = { en, ko };
/** @type {Record<Language, string>} */
export const NAMES = { en: "English", ko: "한국어" };

/** @type {Language} */
let current = chosen();

/** @returns {Language} */
function chosen() {
  const kept = localStorage.getItem("language") ?? navigator.language.slice(0, 2);
  return kept === "ko" ? "ko" : "en";
}

/** @returns {Language} */
export const language = () => current;

/** @param {Language} wanted */
export function setLanguage(wanted) {
  current = wanted;
  localStorage.setItem("language", wanted);
  document.documentElement.lang = wanted;
}

/**
 * The words of a key, with {names} filled in: `t("maps.more", { count: 12 })`.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return STRINGS[current][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * A number as this language writes it.
 * @param {number} number
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export const n = (number, options = {}) => number.toLocaleString(current, options);

/**
 * A share as a percentage.
 * @param {number} share
 * @param {number} [digits]
 * @returns {string}
 */
export const percent = (share, digits = 1) =>
  n(share, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits });
