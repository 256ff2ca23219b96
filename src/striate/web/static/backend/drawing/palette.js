/** Colours of a drawing, and how each type of row is drawn; striate/drawing/palette.py. */

import { roundHalfEven } from "../../engine/rounding.js";

/** @import { Row } from "../../engine/types.d.ts" */

export const INK = "#222222", GREY = "#5a5a5a", WHITE = "#ffffff", SLIM = "#f2f2f2", JOIN = "#dcdcdc", IMAGE = "#ececec";
const STAGES = ["#b3ddf5", "#ebc9dc", "#a6ddce", "#f5d999", "#86bcdb"];
const FILLS = /** @type {Record<string, string>} */ ({ pooling: "#eebf99", dense: "#f8f2a1", slim: SLIM, join: JOIN, plain: WHITE });
const STYLES = /** @type {Record<string, string>} */ ({
  Conv: "convolution", MaxPool: "pooling", AveragePool: "pooling", AdaptiveAveragePool: "pooling", Subsample: "pooling",
  Dense: "dense", RBF: "dense", LRN: "slim", BatchNorm: "slim", Dropout: "slim", Concat: "join", Identity: "plain", Add: "plain",
});

/** How a row of this type is drawn. @param {Row} row */
export const styleOf = (row) => STYLES[row.type];

/** The colour of a row by its type; that of a convolution by its stage. @param {Row} row */
export const fillOf = (row, stage = 0) => (row.type === "Conv" ? STAGES[stage % STAGES.length] : FILLS[styleOf(row)]);

/** A colour mixed with a share of another. @param {string} colour @param {string} other @param {number} share */
export function mixed(colour, other, share) {
  const parts = [1, 3, 5].map((start) => {
    const [one, two] = [colour, other].map((text) => parseInt(text.slice(start, start + 2), 16));
    return roundHalfEven(one + (two - one) * share).toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}
