/** Fully connected rows, and LeNet-5's radial basis functions. */

import { addProduct, matrix, transposed } from "./matrix.js";
import { product } from "./plan.js";
import { tensor } from "./tensor.js";

/** @import { Kind, Step } from "./types.d.ts" */

/** Every unit reads every input; maps are flattened first (map, row, column). @type {Kind} */
export const dense = {
  forward({ step, parameters: { weight, bias } }, input) {
    const images = input.shape[0], inputs = product(step.input), { units } = step.row;
    const output = tensor([images, units]);
    if (bias) for (let image = 0; image < images; image++) output.data.set(bias.data, image * units);
    addProduct(matrix(output.data, images, units), matrix(input.data, images, inputs), transposed(matrix(weight.data, units, inputs)));
    return { output };
  },

  backward({ step, parameters, gradients, ofInput }, input, gradient) {
    const images = input.shape[0], inputs = product(step.input), { units } = step.row;
    const back = tensor(input.shape);
    const ofOutput = matrix(gradient.data, images, units);
    if (ofInput) addProduct(matrix(back.data, images, inputs), ofOutput, matrix(parameters.weight.data, units, inputs));
    if (!gradients) return back;
    addProduct(matrix(gradients.weight.data, units, inputs), transposed(ofOutput), matrix(input.data, images, inputs));
    if (gradients.bias) gradient.data.forEach((value, at) => { gradients.bias.data[at % units] += value; });
    return back;
  },
};

/** -y, y the squared distance to each prototype. Source: LeCun et al. 1998, section II.B, equation 7. @type {Kind} */
export const rbf = {
  forward({ step }, input) {
    const prototypes = prototypesOf(step), [units] = step.input;
    const output = tensor([input.shape[0], prototypes.length]);
    for (let at = 0; at < output.data.length; at++) {
      const first = Math.floor(at / prototypes.length) * units;
      output.data[at] = -prototypes[at % prototypes.length].reduce((sum, cell, unit) => sum + (input.data[first + unit] - cell) ** 2, 0);
    }
    return { output };
  },

  backward({ step }, input, gradient) {
    const prototypes = prototypesOf(step), [units] = step.input;
    const back = tensor(input.shape);
    for (let at = 0; at < back.data.length; at++) {
      const first = Math.floor(at / units) * prototypes.length;
      prototypes.forEach((cells, index) => { back.data[at] -= 2 * gradient.data[first + index] * (input.data[at] - cells[at % units]); });
    }
    return back;
  },
};

/** +1 for "#" and -1 for ".", read line by line. @param {Step} step @returns {number[][]} */
export const prototypesOf = ({ row }) => row.prototypes.map((/** @type {string[]} */ lines) =>
  Array.from(lines.join(""), (cell) => (cell === "#" ? 1 : -1)));
