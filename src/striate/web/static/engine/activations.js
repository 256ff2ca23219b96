/** Activations, in place, and their derivatives, which each can tell from what it gave. Each has a loop of its own, for speed. */

import { SCALED_TANH_A, SCALED_TANH_S } from "./equations.js";

/** @import { Tensor } from "./types.d.ts" */

/** @typedef {(y: Float32Array, gradient: Float32Array) => Float32Array} Slopes */
/** @type {Record<string, { apply: (a: Float32Array | Float64Array) => void, slopes: Slopes }>} */
const ACTIVATIONS = {
  relu: {
    apply(a) {
      for (let at = 0; at < a.length; at++) if (!(a[at] > 0)) a[at] = 0;
    },
    slopes(y, gradient) {
      const of = new Float32Array(y.length);
      for (let at = 0; at < y.length; at++) if (y[at] > 0) of[at] = gradient[at];
      return of;
    },
  },
  tanh: tanhOf(1, 1),
  scaled_tanh: tanhOf(SCALED_TANH_A, SCALED_TANH_S),
};

/** A tanh(S a). @param {number} A @param {number} S */
function tanhOf(A, S) {
  return {
    apply(/** @type {Float32Array | Float64Array} */ a) {
      for (let at = 0; at < a.length; at++) a[at] = A * Math.tanh(S * a[at]);
    },
    slopes(/** @type {Float32Array} */ y, /** @type {Float32Array} */ gradient) {
      const of = new Float32Array(y.length), share = S / A;
      for (let at = 0; at < y.length; at++) of[at] = gradient[at] * (A * S - share * y[at] * y[at]);
      return of;
    },
  };
}

/** One number after an activation. @param {number} sum @param {string | null | undefined} name */
export function activated(sum, name) {
  const one = Float64Array.of(sum);
  ACTIVATIONS[name ?? ""]?.apply(one);
  return one[0];
}

/**
 * The output of a row. A softmax is left to who reads the logits.
 * @param {Tensor} sums
 * @param {string | null | undefined} name
 * @returns {Tensor}
 */
export function activate(sums, name) {
  ACTIVATIONS[name ?? ""]?.apply(sums.data);
  return sums;
}

/**
 * The gradient of the sums, of that of the row's output.
 * @param {Tensor} gradient
 * @param {Tensor} output
 * @param {string | null | undefined} name
 * @returns {Tensor}
 */
export function deactivate(gradient, output, name) {
  const activation = ACTIVATIONS[name ?? ""];
  return activation ? { shape: gradient.shape, data: activation.slopes(output.data, gradient.data) } : gradient;
}
