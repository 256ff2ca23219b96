/** Error lines in Korean, by the catalogue of the server: a text's translation by the text itself, or by the template that it was made
 * from; striate/words/translation.py. */

/** @typedef {Record<string, string>} Catalogue the Korean of each key, {names} in the place of what changes */
/** @typedef {{ pattern: RegExp, korean: string }} Template */

const SHORT = 10; // letters of a key
const LISTS = ["varied", "parts", "ranges", "steps", "reason", "error", "order"]; // places that hold any text
const MOST_LETTERS = 4000; // of a text: longer ones are no words of ours
const PLACE = /\{(\w+)\}/;

/** @type {WeakMap<Catalogue, Template[]>} */
const templatesOf = new WeakMap();

/** A text in Korean; what the catalogue does not know stays as it is. @param {string} text @param {Catalogue} catalogue */
export function translate(text, catalogue) {
  if (!text || text.length > MOST_LETTERS) return text;
  return find(text, catalogue) ?? text;
}

/** @param {string} text @param {Catalogue} catalogue @returns {string | null} null if the catalogue has none */
function find(text, catalogue) {
  if (text.includes("\n")) return join(text.split("\n"), "\n", catalogue);
  const sentences = sentencesOf(text);
  if (sentences.length > 1) return join(sentences, " ", catalogue);
  const whole = findWhole(text, catalogue);
  if (whole !== null) return whole;
  const parts = text.split("; "), joined = parts.length > 1 ? join(parts, "; ", catalogue) : null;
  if (joined !== null) return joined;
  const listed = text.split(", ");
  if (listed.length > 1 && listed.every((part) => find(part, catalogue) || !/\p{L}/u.test(part))) return join(listed, ", ", catalogue);
  const colon = text.indexOf(": ");
  return colon < 0 ? null : join([text.slice(0, colon), text.slice(colon + 2)], ": ", catalogue);
}

/**
 * The Korean of a text that is a key, was made from a template, or follows a place and a colon.
 * @param {string} text
 * @param {Catalogue} catalogue
 * @returns {string | null}
 */
function findWhole(text, catalogue) {
  if (Object.prototype.hasOwnProperty.call(catalogue, text)) return catalogue[text];
  for (const { pattern, korean } of templates(catalogue)) {
    const { groups } = pattern.exec(text) ?? {};
    if (groups) return korean.replace(/\{(\w+)\}/g, (_, name) => find(groups[name], catalogue) ?? groups[name]);
  }
  const colon = text.indexOf(": ");
  const found = colon < 0 ? null : findWhole(text.slice(colon + 2), catalogue);
  if (found === null) return null;
  const place = text.slice(0, colon);
  return `${find(place, catalogue) ?? place}: ${found}`;
}

/**
 * The parts of a text, those translated that the catalogue has; null if it has none.
 * @param {string[]} parts
 * @param {string} glue
 * @param {Catalogue} catalogue
 */
function join(parts, glue, catalogue) {
  const found = parts.map((part) => (part ? find(part, catalogue) : null));
  return found.some(Boolean) ? parts.map((part, index) => found[index] ?? part).join(glue) : null;
}

/** @param {string} text */
function sentencesOf(text) {
  /** @type {string[]} */
  const sentences = [];
  for (const part of text.split(/ (?=[A-Z0-9“]|t-SNE)/)) {
    const last = sentences[sentences.length - 1];
    if (last === undefined || (/[.!?]$/.test(last) && !last.endsWith("al."))) sentences.push(part);
    else sentences[sentences.length - 1] = `${last} ${part}`;
  }
  return sentences;
}

/** The templates of a catalogue, the surest match first: that with most letters of its own. @param {Catalogue} catalogue */
function templates(catalogue) {
  const known = templatesOf.get(catalogue);
  if (known) return known;
  const own = (/** @type {string} */ key) => Array.from(key.replace(/\{\w+\}/g, "")).length;
  const keys = Object.keys(catalogue).filter((key) => PLACE.test(key)).sort((a, b) => own(b) - own(a));
  const made = keys.map((key) => ({ pattern: patternOf(key), korean: catalogue[key] }));
  templatesOf.set(catalogue, made);
  return made;
}

/**
 * A key as a pattern. A place holds no semicolon, and before the first colon of the key none of these either: it would be another part
 * of the text. A key of few letters fits many texts, so its places hold a word each.
 * @param {string} key
 */
function patternOf(key) {
  const isShort = (key.replace(/\{\w+\}/g, "").match(/\p{L}/gu) ?? []).length < SHORT;
  let letter = isShort ? "\\S" : "(?:(?!: |; ).)";
  const pieces = key.split(PLACE).map((part, index) => { // letters, name, letters, name, ...
    if (index % 2) return `(?<${part}>${LISTS.includes(part) ? "." : letter}+?)`;
    if (part.includes(": ") && !isShort) letter = "(?:(?!; ).)";
    return part.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  });
  return new RegExp(`^(?:${pieces.join("")})$`);
}
