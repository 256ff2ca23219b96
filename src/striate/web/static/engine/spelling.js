/** How Python spells values and texts: the lines of errors are the same from either backend; striate/text.py, and Python's repr. */

const MOST_LETTERS = 380, GAP = " ... ";
const ESCAPES = new Map([["\\", "\\\\"], ["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

/** A number that a file states with a point or an exponent although it is whole: 2.0 is none where a whole number is expected. */
export class Float {
  /** @param {number} value */
  constructor(value) {
    this.value = value;
  }
}

/** A value that no field takes, of which Python's spelling is known. */
export class Spelled {
  /** @param {string} spelled */
  constructor(spelled) {
    this.spelled = spelled;
  }
}

/** Letters as Python counts them. @param {string} text */
export const lettersOf = (text) => (/[\ud800-\udbff]/.test(text) ? [...text].length : text.length);

/** A whole number, digit by digit also where JavaScript writes an exponent. @param {number} number */
export const spellWhole = (number) => (Math.abs(number) < 1e21 ? String(number) : String(BigInt(number)));

/** A whole number in groups of three digits. @param {number} number */
export const grouped = (number) => spellWhole(number).replace(/\B(?=(\d{3})+$)/g, ",");

/** Sizes as an error names them, 3x28x28. @param {number[]} numbers */
export const spellShape = (numbers) => numbers.map(spellWhole).join("x");

/** A number of Python's type float. @param {number} number */
export function spellFloat(number) {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
  const [digits, exponent] = number.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const plain = Object.is(number, -0) ? "-0" : String(number);
  return plain.includes(".") ? plain : `${plain}.0`;
}

/**
 * A value as Python's repr writes it: plain data.
 * @param {unknown} value
 * @returns {string}
 */
export function spell(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isInteger(value) ? spellWhole(value) : spellFloat(value);
  if (typeof value === "string") return quoted(value);
  if (value instanceof Float) return spellFloat(value.value);
  if (value instanceof Spelled) return value.spelled;
  if (Array.isArray(value)) return `[${value.map(spell).join(", ")}]`;
  return `{${Object.entries(value).map(([name, inner]) => `${quoted(name)}: ${spell(inner)}`).join(", ")}}`;
}

/**
 * A tuple as Python writes it, or a value that is none.
 * @param {unknown} value
 * @param {(value: any) => string} spellItem
 * @returns {string}
 */
export function spellTuple(value, spellItem = spell) {
  if (!Array.isArray(value)) return spellItem(value);
  return `(${value.map((item) => spellTuple(item, spellItem)).join(", ")}${value.length === 1 ? "," : ""})`;
}

/** A text between quotation marks. @param {string} text */
export function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  return mark + text.replace(/[\\'"]|(?! )[\p{C}\p{Z}]/gu, (letter) => {
    if (letter === "'" || letter === '"') return letter === mark ? `\\${letter}` : letter;
    return ESCAPES.get(letter) ?? escapeLetter(letter);
  }) + mark;
}

/** @param {string} letter */
function escapeLetter(letter) {
  const code = /** @type {number} */ (letter.codePointAt(0));
  const [kind, digits] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${kind}${code.toString(16).padStart(digits, "0")}`;
}

/** The text as it can be shown anywhere: composed, and characters that are no text escaped. @param {string} text */
export const printable = (text) => [...text.normalize("NFC")].map((letter) =>
  (isShown(letter) ? letter : ESCAPES.get(letter) ?? escapeLetter(letter))).join("");

/** Whether every character is shown as it is. @param {string} text */
export const isPrintable = (text) => [...text].every(isShown);

/** @param {string} letter */
function isShown(letter) {
  const code = /** @type {number} */ (letter.codePointAt(0));
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(letter)) return isJoiner(code);
  return (code & 0xfffe) !== 0xfffe && !(code >= 0xfdd0 && code <= 0xfdef); // Unicode's noncharacters
}

/** Whether a control character is part of words or of emoji. @param {number} code */
const isJoiner = (code) => code === 0x200c || code === 0x200d || (code >= 0xe0020 && code < 0xe0080);

/** At most so many letters of a text: of a longer one its beginning and its end. @param {string} text @param {number} most */
export function shorten(text, most = MOST_LETTERS) {
  if (text.length <= most) return text;
  const letters = [...text];
  if (letters.length <= most) return text;
  const end = Math.floor((most - GAP.length) / 2);
  return `${letters.slice(0, most - GAP.length - end).join("")}${GAP}${letters.slice(-end).join("")}`;
}
