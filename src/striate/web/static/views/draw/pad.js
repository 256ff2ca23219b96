/** The pad: strokes by mouse, touch or pen, samples, or a photo from a file, the clipboard or a drop. */

import { toPng } from "../../lib/canvas.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { clearError, showError } from "../../lib/notice.js";
import { samplesOf } from "../../lib/samples.js";
import { currentModel, state } from "../../lib/state.js";
import { DIGITS, paintStrokes, SAMPLE } from "../../lib/strokes.js";

/** @import { Photo, Picture, Point, SamplePicture, Stroke } from "../../lib/types.d.ts" */

const SIDE = 280;
const THUMBNAIL = 96;
const SENT_SIDE = 140; // pixels that are sent, or more if the network takes more: a quarter of the pad's, for speed

/**
 * @param {() => void} onChange called for every change of the strokes or the photo
 * @returns {{
 *   element: HTMLElement, picture: () => Picture, strokes: () => Stroke[], isEmpty: () => boolean,
 *   restore: (strokes: Stroke[] | null) => void, unmount: () => void,
 * }}
 */
export function drawingPad(onChange) {
  const saved = state.draw;
  /** @type {Stroke[]} */
  let strokes = [];
  const canvas = h("canvas", { width: SIDE, height: SIDE, class: "pad", role: "img", "aria-label": t("pad.label") });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const pen = h("input", { type: "range", id: "pen", min: "2", max: "16", value: String(saved.pen), on: { input: () => {
    saved.pen = Number(pen.value);
    paint();
  } } });

  /** @param {CanvasRenderingContext2D} context of a canvas of any size */
  function paintOn(context) {
    const side = context.canvas.width;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, side, side);
    if (saved.photo) drawContained(context, saved.photo.image);
    paintStrokes(context, strokes, saved.pen / 100);
  }

  function paint() {
    paintOn(context);
    const sample = saved.photo && "licence" in saved.photo ? saved.photo : null;
    const words = sample && { class: className(sample), author: sample.author, licence: sample.licence };
    setText(about, words ? t("pad.about", words) : "");
    onChange();
  }

  /** The pad as a PNG file. */
  function file() {
    const side = Math.max(SENT_SIDE, ...currentModel().input.slice(1));
    const canvas = h("canvas", { width: side, height: side });
    paintOn(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true })));
    return toPng(canvas);
  }

  /** @param {Stroke[]} drawing */
  function setStrokes(drawing) {
    strokes = drawing;
    saved.photo = null;
    paint();
  }

  /** @param {Photo | SamplePicture} photo */
  function setPhoto(photo) {
    saved.photo = photo;
    strokes = [];
    clearError();
    paint();
  }

  /** @param {File | null | undefined} file */
  async function openPhoto(file) {
    if (!file) return;
    try {
      setPhoto({ file, name: file.name, image: await createImageBitmap(file) });
    } catch {
      showError(t("pad.unreadable", { name: file.name }));
    }
  }

  trackPointer(canvas, {
    begin: (point) => void strokes.push([point]),
    move: (point) => void strokes.at(-1)?.push(point),
    paint,
  });
  const paste = (/** @type {ClipboardEvent} */ event) => void openPhoto(event.clipboardData?.files[0]);
  addEventListener("paste", paste);
  const fileInput = h("input", { type: "file", accept: "image/*", hidden: true, id: "photo",
    on: { change: () => void openPhoto(fileInput.files?.[0]).then(() => (fileInput.value = "")) } });

  const samples = h("div", { class: "samples", role: "group", "aria-label": t("pad.samples") });
  const about = h("p", { class: "muted about" });
  const element = h(
    "section",
    { class: "card pad-card", "aria-label": t("pad.label"), on: {
      dragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
      drop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        void openPhoto(event.dataTransfer?.files[0]);
      },
    } },
    canvas,
    h("div", { class: "toolbar" },
      h("button", { class: "primary", id: "clear", on: { click: () => setStrokes([]) } }, t("pad.clear")),
      fileInput,
      h("button", { on: { click: () => fileInput.click() } }, t("pad.photo")),
      h("label", { htmlFor: "pen", class: "choice" }, h("span", {}, t("pad.pen")), pen)),
    samples,
    about,
    h("p", { class: "muted" }, t("pad.hint")),
  );

  /** The samples of the present model's kind: drawings of digits, and pictures that ship. */
  function showSamples() {
    replaceChildren(samples,
      state.samples === "digits" && h("div", { class: "drawings" }, DIGITS.map((drawing, digit) =>
        h("button", { class: "sample", "aria-label": t("pad.sample", { digit }),
          on: { click: () => setStrokes(structuredClone(drawing)) } }, String(digit)))),
      h("div", { class: "photos" }, samplesOf(state.samples).map((sample) =>
        h("button", { class: "sample", "aria-label": t("pad.sample.photo", { class: className(sample) }), title: sample.name,
          on: { click: () => setPhoto(sample) } }, thumbnail(sample), h("span", {}, className(sample))))));
  }

  return {
    element,
    picture: () =>
      saved.photo && strokes.length === 0
        ? { blob: saved.photo.file, name: saved.photo.name, drawn: false }
        : { blob: file(), name: t("pad.name"), drawn: true },
    strokes: () => strokes,
    isEmpty: () => strokes.length === 0 && !saved.photo,
    restore(drawing) {
      strokes = drawing ?? structuredClone(SAMPLE);
      showSamples();
      paint();
    },
    unmount: () => removeEventListener("paste", paste),
  };
}

/** The true class of a sample. @param {SamplePicture} sample @returns {string} */
const className = (sample) => sample.class ?? t("pad.sample.none");

/** @param {SamplePicture} sample */
function thumbnail({ image }) {
  const canvas = h("canvas", { width: THUMBNAIL, height: THUMBNAIL, "aria-hidden": "true" });
  drawContained(/** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")), image);
  return canvas;
}

/**
 * Report the points of the pen, as fractions of the canvas, and paint once per event.
 * @param {HTMLCanvasElement} canvas
 * @param {{ begin: (point: Point) => void, move: (point: Point) => void, paint: () => void }} callbacks
 */
function trackPointer(canvas, callbacks) {
  const pointOf = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return /** @type {Point} */ ([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    callbacks.begin(pointOf(event));
    callbacks.paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) callbacks.move(pointOf(one));
    callbacks.paint();
  });
}

/**
 * Draw an image as large as it fits, in the middle.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} image
 */
function drawContained(context, image) {
  const side = context.canvas.width;
  const scale = Math.min(side / image.width, side / image.height);
  const [width, height] = [image.width * scale, image.height * scale];
  context.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
}
