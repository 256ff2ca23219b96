/** Numbers of any size, as one reads them: small and large ones as powers of ten. */

import { formatNumber } from "./i18n.js";

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/**
 * Two digits of a number; beyond 0.001 and 10,000 times a power of ten: 2.8 × 10⁻⁵².
 * @param {number} value
 * @returns {string}
 */
export function powerOfTen(value) {
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 0.001 && size < 10_000);
  if (isPlain) return formatNumber(value, { maximumSignificantDigits: 2 });
  const [mantissa, exponent] = value.toExponential(1).split("e");
  return `${formatNumber(Number(mantissa), { minimumFractionDigits: 1 })} × 10${superscript(Number(exponent))}`;
}

/**
 * A whole number as an exponent: "⁻⁵²".
 * @param {number} exponent
 * @returns {string}
 */
export const superscript = (exponent) =>
  String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => DIGITS[Number(digit)]);
