/** One pointer draws: the first finger, or the pen. A second finger, or a palm beside a pen, is no pen. */

import { snap } from "../../lib/strokes.js";

/** @import { Point } from "../../lib/types.d.ts" */
/**
 * @typedef {{
 *   begin: (point: Point) => void, move: (point: Point) => void, end: () => void, cancel: () => void, paint: () => void,
 * }} Callbacks
 * `cancel` takes back the stroke that began: it was none
 */

const PALM = 1000; // milliseconds after the pen in which a touch is the hand that holds it

/**
 * Report the points of the pointer, as fractions of the canvas, and paint once per event.
 * @param {HTMLCanvasElement} canvas
 * @param {Callbacks} callbacks
 */
export function trackPointer(canvas, callbacks) {
  /** The pointer that draws. @type {{ id: number, type: string } | null} */
  let active = null;
  let lastPen = -Infinity;
  const pointOf = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return snap([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  };
  const isActive = (/** @type {PointerEvent} */ event) => event.pointerId === active?.id;

  /** Whether a pointer that comes down may draw: the pen takes over from a hand that lies on the glass. @param {PointerEvent} event */
  function mayDraw({ button, isPrimary, pointerType, timeStamp }) {
    if (button !== 0 || !isPrimary) return false;
    if (pointerType === "touch") return !active && timeStamp - lastPen > PALM;
    return !active || (pointerType === "pen" && active.type === "touch");
  }

  /** @param {PointerEvent} event */
  function release(event) {
    if (!isActive(event)) return;
    if (event.type === "pointerup") callbacks.end();
    else callbacks.cancel();
    active = null;
    callbacks.paint();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "pen") lastPen = event.timeStamp;
    if (!mayDraw(event)) return;
    event.preventDefault();
    if (active) callbacks.cancel();
    active = { id: event.pointerId, type: event.pointerType };
    canvas.setPointerCapture(event.pointerId);
    callbacks.begin(pointOf(event));
    callbacks.paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "pen") lastPen = event.timeStamp; // also above the glass
    if (!isActive(event)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) callbacks.move(pointOf(one));
    callbacks.paint();
  });
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
}
