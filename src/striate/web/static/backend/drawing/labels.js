/** Text in a drawing: a row's text in a box or under an arrow, its tooltip, and the width of a text; striate/drawing/labels.py. */

import { pair } from "../../engine/rows.js";
import { lettersOf } from "../../engine/spelling.js";
import { formatGeneral } from "../query.js";
import { say } from "./reading.js";

/** @import { Row, Shape, Step } from "../../engine/types.d.ts" */

const ACTIVATIONS = /** @type {Record<string, string>} */ ({ relu: "ReLU", tanh: "tanh", scaled_tanh: "A tanh(Sa)", softmax: "Softmax" });
const TYPES = /** @type {Record<string, string>} */ ({
  Conv: "Convolution", MaxPool: "Max Pooling", AveragePool: "Avg Pooling", AdaptiveAveragePool: "Avg Pooling", Subsample: "Subsampling",
  Identity: "Identity", LRN: "LRN", BatchNorm: "Batch Norm", Dropout: "Dropout", Dense: "Fully Connected", RBF: "Fully Connected",
  Concat: "Concatenation", Add: "Addition",
});

/** Widths of Helvetica's letters in em; a letter not named here has the width of a digit. */
const EM = new Map(Object.entries({
  "ijl'|": 0.23, " .,:;/\\!It()[]f·": 0.28, '-r"`{}*°': 0.36, "cksvxyzJ^": 0.5, "+<>=~×": 0.585, FTZ: 0.611,
  "ABEKPSVXY&": 0.667, CDHNRUw: 0.722, GOQ: 0.778, mM: 0.834, "%": 0.89, "…→–": 1, "W@": 1.02,
}).flatMap(([letters, em]) => [...letters].map((letter) => /** @type {[string, number]} */ ([letter, em]))));
const DIGIT = 0.556;
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff01-\uff60\uffe0-\uffe6]/;

/** The approximate width of a text, in the unit of its size, with a margin for other fonts. @param {string} words @param {number} size */
export function widthOf(words, size, isBold = false) {
  const em = [...words].reduce((sum, letter) => sum + emOf(letter), 0);
  return em * size * (isBold ? 1.13 : 1.05);
}

/** @param {string} letter */
function emOf(letter) {
  const code = /** @type {number} */ (letter.codePointAt(0));
  return EM.get(letter) ?? (code < 128 ? DIGIT : WIDE.test(letter) || code >= 0x1f300 ? 1 : 0.8);
}

/** A text of at most so many letters. @param {string} words */
export const shortened = (words, letters = 18) => (lettersOf(words) <= letters ? words : `${[...words].slice(0, letters - 1).join("")}…`);

/**
 * A text between words in lines of at most a width; a word that is too long is cut.
 * @param {string} words
 * @param {number} size
 * @param {number} room
 */
export function wrap(words, size, room) {
  /** @type {string[]} */
  const lines = [];
  for (const word of words.split(/\s+/).filter(Boolean)) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && widthOf(longer, size) <= room) lines[lines.length - 1] = longer;
    else lines.push(widthOf(word, size) > room ? shortened(word, Math.max(2, Math.trunc(room / size / 1.15))) : word);
  }
  return lines;
}

/** A shape as the text beside an arrow. @param {Shape} shape */
export const shapeWords = (shape) => shape.join("×");

/** A row's operation, as short as in ResNet's figure 3. @param {Step} step */
export const boxWords = (step) => say(englishBox(step));

/** @param {Step} step */
function englishBox(step) {
  const { row, output } = step;
  switch (row.type) {
    case "Conv": return [`${kernelWords(step)} conv`, row.maps, ...strideWords(step, "/"), ...convExtras(row)].join(", ");
    case "MaxPool": return [`${kernelWords(step)} max pool`, ...strideWords(step, "/")].join(", ");
    case "AveragePool": return [`${kernelWords(step)} avg pool`, ...strideWords(step, "/")].join(", ");
    case "AdaptiveAveragePool":
      return output[1] === 1 && output[2] === 1 ? "global avg pool" : `avg pool to ${output.slice(1).join("×")}`;
    case "Subsample": return [`${kernelWords(step)} subsampling`, ...strideWords(step, "/")].join(", ");
    case "Identity": return ["identity", row.maps, ...strideWords(step, "/")].join(", ");
    case "LRN": return "LRN";
    case "BatchNorm": return "BN";
    case "Dropout": return `dropout ${formatGeneral(row.rate)}`;
    case "Dense": return `fc ${row.units}`;
    case "RBF": return `RBF ${row.prototypes.length}`;
    default: return shortened(row.name);
  }
}

/** A row's operation, as the lines under an arrow, as in LeNet-5's figure 2. @param {Step} step @returns {string[]} */
export const operationWords = (step) => englishOperation(step).map(say);

/** @param {Step} step @returns {string[]} */
function englishOperation(step) {
  switch (step.row.type) {
    case "Conv": return [kernelWords(step), "convolution", ...strideWords(step, "stride "), ...convExtras(step.row)];
    case "MaxPool": return [kernelWords(step), "max pooling", ...strideWords(step, "stride ")];
    case "AveragePool": return [kernelWords(step), "avg pooling", ...strideWords(step, "stride ")];
    case "AdaptiveAveragePool": return ["avg pooling", `to ${step.output.slice(1).join("×")}`];
    case "Subsample": return [kernelWords(step), "subsampling", ...strideWords(step, "stride ")];
    case "Dense": return ["full", "connection"];
    case "RBF": return ["radial basis", "functions"];
    case "Identity": return ["identity", ...strideWords(step, "stride ")];
    default: return [boxWords(step)];
  }
}

/** The name of the activation; nothing if there is none or the row's own name includes it. @param {Step} step @returns {string[]} */
export const activationWords = ({ row }) => (row.activation ? [ACTIVATIONS[row.activation]] : []);

/** A row's tooltip: its cells in the notes' notation, and its shapes. @param {Step} step */
export function details({ path, row, window, input, output }) {
  const activation = row.type === "RBF" ? "RBF" : ACTIVATIONS[row.activation];
  const parts = [
    TYPES[row.type],
    ...(window ? [
      `kernel size ${window.kernel.join("×")}`, `stride ${oneOrBoth(window.stride)}`, `padding ${paddingWord(row.padding ?? "valid")}`,
    ] : []),
    ...(activation ? [`activation ${activation}`] : []),
  ];
  return `${path}: ${parts.map(say).join(", ")}; ${shapeWords(input)} → ${shapeWords(output)}`;
}

/** SAME, VALID, or the cells: one number, height×width, or top+bottom×left+right. @param {any} padding */
const paddingWord = (padding) => (Array.isArray(padding) ? padding.map((side) => (Array.isArray(side) ? side.join("+") : side)).join("×")
  : String(padding).toUpperCase());

/** @param {Row} row @returns {string[]} */
function convExtras({ dilation, groups, connections }) {
  const sides = pair(dilation);
  return [
    ...(sides.some((side) => side !== 1) ? [`dilation ${oneOrBoth(sides)}`] : []),
    ...(groups > 1 ? [`${groups} groups`] : []),
    ...(connections ? ["sparse"] : []),
  ];
}

/** @param {Step} step */
const kernelWords = ({ window }) => (window ? window.kernel.join("×") : "");

/** @param {Step} step @param {string} word */
const strideWords = ({ window }, word) =>
  (window && window.stride.some((side) => side !== 1) ? [`${word}${oneOrBoth(window.stride)}`] : []);

/** @param {[number, number]} sides */
const oneOrBoth = (sides) => (sides[0] === sides[1] ? String(sides[0]) : sides.join("×"));
