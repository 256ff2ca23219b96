/** The pad: ink by mouse, touch or pen, the page's own digits, or a photo from a file, the clipboard, or dropped. */

import { h } from "./dom.js";
import { t } from "./language.js";
import { notice, quiet } from "./notice.js";
import { png } from "./pixels.js";
import { model } from "./state.js";
import { DIGITS, paintStrokes, SAMPLE } from "./strokes.js";

/** @typedef {import("./state.js").Picture} Picture */
/** @typedef {import("./strokes.js").Stroke} Stroke */
/** @typedef {{ file: Blob, name: string, image: ImageBitmap }} Photo */

const SIDE = 280;
const SENT = 140; // pixels that the network is sent, or as many as it sees: a quarter of the work for both sides

/** The pen and the photo stay when the pad goes. @type {{ pen: string, photo: Photo | null }} */
const kept = { pen: "8", photo: null };

/**
 * @param {() => void} changed is called whenever there is other ink, or another photo
 * @returns {{
 *   element: HTMLElement, picture: () => Picture, strokes: () => Stroke[], empty: () => boolean,
 *   restore: (strokes: Stroke[] | null) => void, end: () => void,
 * }}
 */
export function pad(changed) {
  /** @type {Stroke[]} */
  let strokes = [];
  const canvas = h("canvas", { width: SIDE, height: SIDE, class: "pad", role: "img", "aria-label": t("pad.label") });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const pen = h("input", { type: "range", id: "pen", min: "2", max: "16", value: kept.pen });
  const width = () => Number(pen.value) / 100;

  /** All that is on the pad, on a canvas of any size. */
  function paintOn(/** @type {CanvasRenderingContext2D} */ context) {
    const side = context.canvas.width;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, side, side);
    if (kept.photo) contain(context, kept.photo.image);
    paintStrokes(context, strokes, width());
  }

  function paint() {
    paintOn(context);
    changed();
  }

  /** The pad as a file. */
  function file() {
    const side = Math.max(SENT, ...model().input.slice(1));
    const small = h("canvas", { width: side, height: side });
    paintOn(/** @type {CanvasRenderingContext2D} */ (small.getContext("2d", { willReadFrequently: true })));
    return png(small);
  }

  function draw(/** @type {Stroke[]} */ ink) {
    strokes = ink;
    kept.photo = null;
    paint();
  }

  async function open(/** @type {File | Blob | null | undefined} */ file) {
    if (!file) return;
    try {
      kept.photo = { file, name: file instanceof File ? file.name : "", image: await createImageBitmap(file) };
      strokes = [];
      quiet();
      paint();
    } catch {
      notice(t("pad.unreadable", { name: file instanceof File ? file.name : "" }));
    }
  }

  follow(canvas, {
    begin: (place) => void strokes.push([place]),
    move: (place) => void strokes.at(-1)?.push(place),
    paint,
  });
  pen.addEventListener("input", () => {
    kept.pen = pen.value;
    paint();
  });
  const paste = (/** @type {ClipboardEvent} */ event) => void open(event.clipboardData?.files[0]);
  addEventListener("paste", paste);
  const choice = h("input", { type: "file", accept: "image/*", hidden: true, id: "photo",
    on: { change: () => void open(choice.files?.[0]).then(() => (choice.value = "")) } });

  const element = h(
    "section",
    { class: "card pad-card", "aria-label": t("pad.label"), on: {
      dragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
      drop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      },
    } },
    canvas,
    h("div", { class: "tools" },
      h("button", { class: "strong", id: "clear", on: { click: () => draw([]) } }, t("pad.clear")),
      choice,
      h("button", { on: { click: () => choice.click() } }, t("pad.photo")),
      h("label", { htmlFor: "pen", class: "choice" }, h("span", {}, t("pad.pen")), pen)),
    h("div", { class: "samples", role: "group", "aria-label": t("pad.samples") },
      DIGITS.map((ink, digit) => h("button", { class: "sample", "aria-label": t("pad.sample", { digit }),
        on: { click: () => draw(structuredClone(ink)) } }, String(digit)))),
    h("p", { class: "quiet" }, t("pad.hint")),
  );
  return {
    element,
    picture: () =>
      kept.photo && strokes.length === 0
        ? { blob: kept.photo.file, name: kept.photo.name, drawn: false }
        : { blob: file(), name: t("pad.name"), drawn: true },
    strokes: () => strokes,
    empty: () => strokes.length === 0 && !kept.photo,
    restore(ink) {
      strokes = ink ?? structuredClone(SAMPLE);
      paint();
    },
    end: () => removeEventListener("paste", paste),
  };
}

/**
 * Tell where the pen goes, in shares of the canvas, and paint once a frame.
 * @param {HTMLCanvasElement} canvas
 * @param {{ begin: (place: [number, number]) => void, move: (place: [number, number]) => void, paint: () => void }} told
 */
function follow(canvas, told) {
  const place = (/** @type {PointerEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return /** @type {[number, number]} */ ([(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    told.begin(place(event));
    told.paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) told.move(place(one));
    told.paint();
  });
}

/**
 * A picture as large as it fits, in the middle.
 * @param {CanvasRenderingContext2D} context
 * @param {ImageBitmap} image
 */
function contain(context, image) {
  const side = context.canvas.width;
  const size = Math.min(side / image.width, side / image.height);
  const [width, height] = [image.width * size, image.height * size];
  context.drawImage(image, (side - width) / 2, (side - height) / 2, width, height);
}
