/** Numbers in lines as Python's format ".4g" writes them. */

/** @param {number} value @param {number} [digits] */
export function general(value, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < digits) return String(Number(value.toPrecision(digits)));
  return `${Number(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** With so many digits, as numbers of a history are kept. @param {number} value */
export const sixDigits = (value) => Number(value.toPrecision(6));
