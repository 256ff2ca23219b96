/** Rounding as Python and torch do it, so that sizes and values are theirs. */

/** To the nearest whole number, a half to the even one. @param {number} value */
export function roundHalfEven(value) {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

/** The number in the middle of the order; of two the lower, as torch has it. @param {ArrayLike<number>} values */
export function lowerMedian(values) {
  const numbers = new Float64Array(values), middle = (numbers.length - 1) >> 1;
  for (let left = 0, right = numbers.length - 1; left < right;) { // Hoare's selection: sorted only as far as is needed
    const pivot = numbers[(left + right) >> 1];
    let i = left, j = right;
    while (i <= j) {
      while (numbers[i] < pivot) i += 1;
      while (numbers[j] > pivot) j -= 1;
      if (i <= j) [numbers[i++], numbers[j--]] = [numbers[j], numbers[i]];
    }
    if (middle <= j) right = j;
    else if (middle >= i) left = i;
    else break;
  }
  return numbers[middle];
}
