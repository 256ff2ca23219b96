/**
 * Strokes on a pad, as pixels and as letters of an address, and the digits that the page can draw by itself. Points are
 * fractions of the pad's side, whole multiples of 1 / GRID, so that a link draws the same picture.
 */

import { decodeBase64url, encodeBase64url } from "./base64url.js";

/** @import { PadContent, Point, Stroke } from "./types.d.ts" */

const GRID = 1024;
const TOLERANCE = 0.75; // of the grid: points nearer than this to the line through others are left out
const MAX_POINTS = 10_000; // of a link

/**
 * Paint what is on a pad: a photo as large as it fits, in the middle, and strokes on it.
 * @param {CanvasRenderingContext2D} context of a square canvas of any size
 * @param {Pick<PadContent, "photo" | "strokes">} content
 * @param {number} pen the pen's width, a fraction of the pad's side
 */
export function paintPad(context, { photo, strokes }, pen) {
  const side = context.canvas.width;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  if (photo) drawContained(context, photo.image);
  paintStrokes(context, strokes, pen);
}

/**
 * Draw an image as large as it fits, in the middle.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap | HTMLCanvasElement} image
 */
export function drawContained(context, image) {
  const side = context.canvas.width;
  const scale = Math.min(side / image.width, side / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  context.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
}

/**
 * Paint strokes with a round pen, black.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 * @param {number} pen the pen's width, a fraction of the pad's side
 */
function paintStrokes(context, strokes, pen) {
  const side = context.canvas.width;
  Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: pen * side, strokeStyle: "#111" });
  for (const stroke of strokes) {
    context.beginPath();
    stroke.forEach(([x, y], i) => (i ? context.lineTo(x * side, y * side) : context.moveTo(x * side, y * side)));
    if (stroke.length === 1) context.lineTo(stroke[0][0] * side + 0.01, stroke[0][1] * side);
    context.stroke();
  }
}

/** The nearest point of the grid. @param {Point} point @returns {Point} */
export const snap = ([x, y]) => [Math.round(x * GRID) / GRID, Math.round(y * GRID) / GRID];

/**
 * A stroke with fewer points that looks the same (Ramer, Douglas and Peucker).
 * @param {Stroke} stroke
 * @returns {Stroke}
 */
export function simplify(stroke) {
  const keep = new Set([0, stroke.length - 1]);
  const parts = [[0, stroke.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [first, last] = part;
    let [farthest, distance] = [first, TOLERANCE / GRID];
    for (let i = first + 1; i < last; i++) {
      const away = distanceToSegment(stroke[i], stroke[first], stroke[last]);
      if (away > distance) [farthest, distance] = [i, away];
    }
    if (farthest === first) continue;
    keep.add(farthest);
    parts.push([first, farthest], [farthest, last]);
  }
  return stroke.filter((_, i) => keep.has(i));
}

/**
 * @param {Point} point
 * @param {Point} from
 * @param {Point} to
 */
function distanceToSegment([x, y], [fromX, fromY], [toX, toY]) {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const length = alongX ** 2 + alongY ** 2;
  const part = length && Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / length));
  return Math.hypot(x - fromX - part * alongX, y - fromY - part * alongY);
}

/**
 * Strokes as letters of an address: for each the number of its points, then the steps from point to point.
 * @param {Stroke[]} strokes
 * @returns {string} about three letters a point
 */
export function encodeStrokes(strokes) {
  /** @type {number[]} */
  const bytes = [];
  const write = (/** @type {number} */ number) => {
    for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
    bytes.push(number);
  };
  const at = [0, 0];
  for (const stroke of strokes) {
    write(stroke.length);
    for (const point of stroke) {
      point.forEach((fraction, axis) => {
        const place = Math.round(fraction * GRID);
        const step = place - at[axis];
        write(step < 0 ? -2 * step - 1 : 2 * step);
        at[axis] = place;
      });
    }
  }
  return encodeBase64url(Uint8Array.from(bytes));
}

/**
 * @param {string} text
 * @returns {Stroke[] | null} null if it is not what `encodeStrokes` returns
 */
export function decodeStrokes(text) {
  const bytes = decodeBase64url(text);
  if (!bytes) return null;
  let place = 0;
  const read = () => {
    let number = 0;
    for (let shift = 0; shift < 21; shift += 7) {
      const byte = bytes[place++]; // undefined at the end: then the points below are not numbers
      number |= (byte & 127) << shift;
      if (byte < 128) return number;
    }
    return NaN;
  };
  /** @type {Stroke[]} */
  const strokes = [];
  const at = [0, 0];
  let points = 0;
  while (place < bytes.length) {
    const length = read();
    points += length;
    if (!(length > 0 && points <= MAX_POINTS)) return null;
    const stroke = Array.from({ length }, () => /** @type {Point} */ (at.map((_, axis) => {
      const step = read();
      at[axis] += step % 2 ? -(step + 1) / 2 : step / 2;
      return at[axis] / GRID;
    })));
    if (!stroke.flat().every((fraction) => Math.abs(fraction) <= 4)) return null; // NaN too
    strokes.push(stroke);
  }
  return strokes;
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

/** The ten digits. */
export const DIGITS = /** @type {Stroke[][]} */ ([
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
]).map((strokes) => strokes.map((stroke) => stroke.map(snap)));

/** Drawings that are no digit. @type {Record<"scribble" | "dot" | "giyeok", Stroke[]>} */
export const NONSENSE = {
  scribble: [Array.from({ length: 60 }, (_, i) => snap([0.5 + 0.3 * Math.sin(1.9 * i), 0.5 + 0.3 * Math.cos(2.6 * i + 0.4)]))],
  dot: [[snap([0.5, 0.5])]],
  giyeok: [[snap([0.25, 0.28]), snap([0.72, 0.28]), snap([0.68, 0.8])]],
};

/** The drawings of the page by the names that a link has. @type {Map<string, Stroke[]>} */
export const DRAWINGS = new Map([
  ...DIGITS.map((strokes, digit) => /** @type {[string, Stroke[]]} */ ([`digit:${digit}`, strokes])),
  ...Object.entries(NONSENSE).map(([name, strokes]) => /** @type {[string, Stroke[]]} */ ([`nonsense:${name}`, strokes])),
]);

/** The name of a drawing; "" for one of the user's own. @param {Stroke[]} strokes */
export function drawingName(strokes) {
  const [count, text] = [strokes.flat().length, JSON.stringify(strokes)];
  const found = [...DRAWINGS].find(([, drawing]) => drawing.flat().length === count && JSON.stringify(drawing) === text);
  return found ? found[0] : "";
}

/** A drawing that can be drawn on. @param {Stroke[]} strokes @returns {Stroke[]} */
export const copyStrokes = (strokes) => strokes.map((stroke) => [...stroke]);

/** The first drawing on the pad. */
export const SAMPLE = DIGITS[3];
