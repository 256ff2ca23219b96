/** Texts and numbers in the reader's language: the chosen one, else the browser's. Files in strings/, for each language. */

import { local } from "./storage.js";
import { en } from "../strings/en.js";
import { ko } from "../strings/ko.js";

/** @import { Language, StringKey } from "./types.d.ts" */

/** @type {Record<Language, Partial<Record<StringKey, string>>>} */
const STRINGS = { en: { ...en }, ko: { ...ko } };
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

/**
 * @param {Language} chosen
 * @param {{ keep?: boolean }} [options] whether the page opens in this language from now on: not in that of a link
 */
export function setLanguage(chosen, { keep = true } = {}) {
  current = chosen;
  if (keep) local.setItem("language", chosen);
  document.documentElement.lang = chosen;
}

/** Add the texts of a view that brings its own. @param {Record<Language, Partial<Record<StringKey, string>>>} texts */
export function addTexts(texts) {
  Object.assign(STRINGS.en, texts.en);
  Object.assign(STRINGS.ko, texts.ko);
}

/**
 * The text of a key, with {names} replaced: `t("maps.more", { count: 12 })`.
 * @param {StringKey} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  return (STRINGS[current][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * The name of a row type ("Conv", "Dense", ...), the same in every view.
 * @param {string} type
 */
export const rowTypeName = (type) => t(/** @type {StringKey} */ (`row_type.${type}`));

/** The formats that are in use: to make one takes a hundred times as long as to use it. @type {Map<string, Intl.NumberFormat>} */
const numberFormats = new Map();

/**
 * @param {number} number
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export function formatNumber(number, options = {}) {
  const key = current + JSON.stringify(options);
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(current, options);
  numberFormats.set(key, format);
  return format.format(number);
}

/**
 * @param {number} fraction
 * @returns {string} with one digit after the point
 */
export const formatPercent = (fraction) =>
  formatNumber(fraction, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
