/** Texts and numbers in the reader's language: the chosen one, else the browser's. A file in strings/ for each language. */

import { local } from "./storage.js";
import { en } from "../strings/en.js";
import { ko } from "../strings/ko.js";

/** @import { Language, StringKey } from "./types.d.ts" */

/** @type {Record<Language, Record<StringKey, string>>} */
const STRINGS = { en, ko };
/** @type {Record<Language, string>} */
export const LANGUAGES = { en: "English", ko: "한국어" };

let current = preferredLanguage();

/** @returns {Language} */
function preferredLanguage() {
  const preferred = local.getItem("language") ?? navigator.language.slice(0, 2);
  return preferred === "ko" ? "ko" : "en";
}

/** @returns {Language} */
export const language = () => current;

/** @param {Language} chosen */
export function setLanguage(chosen) {
  current = chosen;
  local.setItem("language", chosen);
  document.documentElement.lang = chosen;
}

/**
 * The text of a key, with {names} replaced: `t("maps.more", { count: 12 })`.
 * @param {StringKey} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return STRINGS[current][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The name of a row type ("Conv", "Dense", ...), the same in every view.
 * @param {string} type
 */
export const rowTypeName = (type) => t(/** @type {StringKey} */ (`row_type.${type}`));

/**
 * @param {number} number
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export const formatNumber = (number, options = {}) => number.toLocaleString(current, options);

/**
 * @param {number} fraction
 * @returns {string} with one digit after the point
 */
export const formatPercent = (fraction) =>
  formatNumber(fraction, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
