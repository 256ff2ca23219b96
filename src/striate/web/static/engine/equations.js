/** The equations of sizes and costs, as striate/equations.py has them: whole numbers in, whole numbers out, one axis at a time. */

/** f(a) = A tanh(S a). Source: LeCun et al. 1998, appendix A. */
export const [SCALED_TANH_A, SCALED_TANH_S] = [1.7159, 2 / 3];

/** Pixels from the first to the last tap of a dilated kernel: (F - 1) * D + 1. @param {number} kernel @param {number} dilation */
export const effectiveKernel = (kernel, dilation = 1) => (kernel - 1) * dilation + 1;

/**
 * floor((I - F + 2P)/S + 1), or its ceil form, whose last window must start inside the input or the padding before it.
 * Source: the notes, "output image size"; Caffe's pooling with torch's rule. Zero or less: the kernel does not fit.
 * @param {number} size
 * @param {number} kernel
 * @param {number} stride
 * @param {[number, number]} padding before and after
 * @param {{ dilation?: number, ceil?: boolean }} [options]
 */
export function outputSize(size, kernel, stride, [before, after], { dilation = 1, ceil = false } = {}) {
  const room = size + before + after - effectiveKernel(kernel, dilation);
  if (!ceil) return Math.floor(room / stride) + 1;
  const outputs = Math.ceil(room / stride) + 1;
  return (outputs - 1) * stride >= size + before ? outputs - 1 : outputs;
}

/**
 * SAME padding: the output is ceil(I/S), the odd cell goes to the end. Source: the notes, "Same vs Valid".
 * @param {number} size
 * @param {number} kernel
 * @param {number} stride
 * @param {number} dilation
 * @returns {[number, number]} before and after
 */
export function samePadding(size, kernel, stride, dilation) {
  const outputs = Math.ceil(size / stride);
  const cells = Math.max(0, (outputs - 1) * stride + effectiveKernel(kernel, dilation) - size);
  return [Math.floor(cells / 2), Math.ceil(cells / 2)];
}

/**
 * First pixel and pixel after the last of each window of adaptive pooling. Source: torch.nn.AdaptiveAvgPool2d.
 * @param {number} size
 * @param {number} outputs
 */
export const adaptiveWindows = (size, outputs) => Array.from({ length: outputs }, (_, index) =>
  [Math.floor((index * size) / outputs), Math.ceil(((index + 1) * size) / outputs)]);

/**
 * Kernel and stride of the smallest evenly stepped windows that hold those of adaptive pooling.
 * @param {number} size
 * @param {number} outputs
 */
export function adaptiveWindow(size, outputs) {
  const stride = Math.max(1, Math.floor(size / outputs));
  return [size - (outputs - 1) * stride, stride];
}

/** One for each pair of an input map and an output map that reads it. @type {(mapsIn: number, maps: number, groups: number) => number} */
export const denseKernels = (mapsIn, maps, groups) => Math.floor((mapsIn * maps) / groups);

/** A weight for each tap of each kernel, and the biases. @type {(kernels: number, area: number, biases: number) => number} */
export const convParameters = (kernels, area, biases) => kernels * area + biases;

/** Multiply-adds of a convolution for one image. @type {(kernels: number, area: number, positions: number) => number} */
export const convMacs = (kernels, area, positions) => kernels * area * positions;

/** Every parameter, at every position it is used. @type {(kernels: number, area: number, biases: number, positions: number) => number} */
export const convConnections = (kernels, area, biases, positions) => convParameters(kernels, area, biases) * positions;

/** A weight for each input of each unit, and the biases. @type {(inputs: number, units: number, bias: boolean) => number} */
export const denseParameters = (inputs, units, bias) => (inputs + Number(bias)) * units;

/** Multiply-adds of a fully connected layer for one image. @type {(inputs: number, units: number) => number} */
export const denseMacs = (inputs, units) => inputs * units;

/** The window's cells and the bias, for each unit. @type {(area: number, maps: number, positions: number) => number} */
export const subsampleConnections = (area, maps, positions) => (area + 1) * maps * positions;

/**
 * One more window over a field of (size, stride, start) along one axis, all in input pixels; an input pixel is [1, 1, 0].
 * Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
 * @param {[number, number, number]} field
 * @param {number} kernel
 * @param {number} stride
 * @param {number} before padding
 * @param {number} dilation
 * @returns {[number, number, number]}
 */
export const receptiveField = ([size, jump, start], kernel, stride = 1, before = 0, dilation = 1) =>
  [size + (effectiveKernel(kernel, dilation) - 1) * jump, jump * stride, start - before * jump];

/**
 * How many neighbouring maps before and after local response normalization sums over.
 * Source: Krizhevsky et al. 2012, section 3.3; torch; TensorFlow.
 * @param {number} size
 * @param {string} convention "paper", "torch" or "tensorflow"
 */
export function lrnReach(size, convention) {
  if (convention === "tensorflow") return [size, size];
  return [Math.floor(size / 2), Math.floor((convention === "torch" ? size - 1 : size) / 2)];
}
