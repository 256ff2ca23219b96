/** The input with the bar as the network saw it, the receptive field over it, and a handle by which the bar is turned. */

import { h, svg } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { bytes, gray, paint } from "../../lib/pixels.js";

/** @typedef {import("../cortex.js").Turn} Turn */

/**
 * @param {(at: number) => void} turned the bar was dragged to the orientation of this number
 * @returns {{ element: HTMLElement, show: (turn: Turn, at: number) => void }}
 */
export function stage(turned) {
  const canvas = h("canvas", { role: "img", "aria-label": t("cortex.bar") });
  const over = svg("svg", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const element = h("div", { class: "stage", title: t("cortex.drag") }, canvas, over);
  /** @type {Turn | null} */
  let shown = null;
  /** @type {Uint8Array} */
  let light = new Uint8Array();
  let text = "";

  const follow = (/** @type {PointerEvent} */ event) => {
    if (!shown) return;
    const box = element.getBoundingClientRect();
    const [x, y] = middle(shown);
    const right = ((event.clientX - box.left) / box.width) * shown.window.width - x;
    const up = y - ((event.clientY - box.top) / box.height) * shown.window.height;
    const count = shown.orientations.length;
    turned((Math.round((Math.atan2(up, right) / Math.PI) * count) + 2 * count) % count);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    follow(event);
  });
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && follow(event));

  return {
    element,
    show(turn, at) {
      if (turn.pictures !== text) {
        text = turn.pictures;
        light = bytes(text);
      }
      shown = turn;
      const [height, width] = turn.size;
      paint(canvas, light, height, width, gray, at * height * width);
      canvas.setAttribute("aria-label", t("cortex.picture", { degrees: turn.orientations[at] }));
      over.setAttribute("viewBox", `0 0 ${turn.window.width} ${turn.window.height}`);
      element.style.aspectRatio = `${turn.window.width} / ${turn.window.height}`;
      over.replaceChildren(...outline(turn), ...handle(turn, turn.orientations[at]));
    },
  };
}

/** The middle of the receptive field in the part that is shown, (x, y). @param {Turn} turn @returns {[number, number]} */
function middle({ field, window }) {
  return [field.left - window.left + field.width / 2, field.top - window.top + field.height / 2];
}

/** @param {Turn} turn */
function outline({ field, window }) {
  const place = { x: field.left - window.left, y: field.top - window.top, width: field.width, height: field.height };
  return ["under", "field"].map((name) => svg("rect", { class: name, ...place }));
}

/**
 * A knob on the bar's line on both sides, most of the way to the picture's edge.
 * @param {Turn} turn
 * @param {number} degrees
 */
function handle(turn, degrees) {
  const [x, y] = middle(turn);
  const reach = 0.42 * Math.min(turn.window.width, turn.window.height);
  const [right, up] = [Math.cos((degrees * Math.PI) / 180) * reach, Math.sin((degrees * Math.PI) / 180) * reach];
  return [[x + right, y - up], [x - right, y + up]].map(([cx, cy]) =>
    svg("circle", { class: "knob", cx, cy, r: reach * 0.075 }));
}
