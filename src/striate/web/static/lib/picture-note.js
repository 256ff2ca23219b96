/** What the server notes on a picture: that it is blank, how its values are understood. */

import { t } from "./i18n.js";

/**
 * The note in the page's language, in front of other words.
 * @param {string | undefined} note
 * @param {...string} words
 */
export function withNote(note, ...words) {
  const [, bits, white] = /^values of (\d+) bits in 16: ([\d,]+) is white$/.exec(note ?? "") ?? [];
  const shown = note?.startsWith("blank") ? t("prediction.blank") : bits ? t("prediction.bits", { bits, white }) : (note ?? "");
  return [shown, ...words].filter(Boolean).join(" ");
}
