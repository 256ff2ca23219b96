/** Strokes on a pad, and the digits that the page can draw by itself. Points are fractions of the pad's side. */

/** @import { Stroke } from "./types.d.ts" */

/**
 * Paint strokes with a round pen, black.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 * @param {number} pen the pen's width, a fraction of the pad's side
 */
export function paintStrokes(context, strokes, pen) {
  const side = context.canvas.width;
  Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: pen * side, strokeStyle: "#111" });
  for (const stroke of strokes) {
    context.beginPath();
    stroke.forEach(([x, y], i) => (i ? context.lineTo(x * side, y * side) : context.moveTo(x * side, y * side)));
    if (stroke.length === 1) context.lineTo(stroke[0][0] * side + 0.01, stroke[0][1] * side);
    context.stroke();
  }
}

/**
 * An arc of an ellipse; angles in degrees, clockwise from the right.
 * @param {number} x
 * @param {number} y
 * @param {number} radiusX
 * @param {number} radiusY
 * @param {number} start
 * @param {number} end
 * @returns {Stroke}
 */
function arc(x, y, radiusX, radiusY, start, end) {
  return Array.from({ length: 25 }, (_, step) => {
    const angle = ((start + ((end - start) * step) / 24) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

/** The ten digits. @type {Stroke[][]} */
export const DIGITS = [
  [arc(0.5, 0.5, 0.2, 0.32, -90, 270)],
  [[[0.38, 0.3], [0.51, 0.18], [0.51, 0.82]]],
  [[...arc(0.49, 0.36, 0.2, 0.18, 190, 390), [0.28, 0.81], [0.73, 0.81]]],
  [[...arc(0.47, 0.34, 0.19, 0.16, 210, 450), ...arc(0.47, 0.66, 0.21, 0.17, -90, 150)]],
  [[[0.56, 0.18], [0.26, 0.58], [0.74, 0.58]], [[0.6, 0.4], [0.6, 0.82]]],
  [[[0.69, 0.18], [0.35, 0.18], [0.32, 0.46], ...arc(0.48, 0.62, 0.2, 0.2, -120, 140)]],
  [[[0.62, 0.18], ...arc(0.5, 0.63, 0.19, 0.19, 200, 560)]],
  [[[0.27, 0.2], [0.72, 0.2], [0.44, 0.82]]],
  [[...arc(0.5, 0.34, 0.17, 0.16, 90, 450), ...arc(0.5, 0.67, 0.2, 0.17, -90, 270)]],
  [[...arc(0.49, 0.36, 0.19, 0.18, 0, 360), [0.63, 0.82]]],
];

/** The first drawing on the pad. */
export const SAMPLE = DIGITS[3];
