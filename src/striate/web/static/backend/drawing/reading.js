/** The language in which a drawing is written while it is made, as `reading` of striate/words/translation.py has it. */

import { translate } from "../words.js";

/** @type {Record<string, string> | null} */
let present = null; // the catalogue; none for English

/** A text in the language of the drawing. @param {string} text */
export const say = (text) => (present ? translate(text, present) : text);

/**
 * What some work returns, its texts in the language of a catalogue. @template T
 * @param {Record<string, string> | null} words
 * @param {() => T} work
 */
export function reading(words, work) {
  present = words;
  try {
    return work();
  } finally {
    present = null;
  }
}
