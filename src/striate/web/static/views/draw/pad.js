/**
 * The pad: strokes by mouse, touch or pen, samples, or a photo from a file, the clipboard or a drop. What is on it stands in
 * the state at once (`state.strokes`, `state.draw.photo`), so that a link has it while the network still computes.
 */

import { isCanvasTrue } from "../../lib/canvas.js";
import { h, replaceChildren, setText } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { clearError, showError } from "../../lib/notice.js";
import { isHeic, openPhoto } from "../../lib/photo.js";
import { samplesOf } from "../../lib/samples.js";
import { padPicture, photoSide, setPad, state } from "../../lib/state.js";
import { copyStrokes, DIGITS, drawContained, drawingName, NONSENSE, paintPad, SAMPLE, simplify } from "../../lib/strokes.js";
import { cameraButton } from "./camera.js";
import { trackPointer } from "./pointer.js";

/** @import { Photo, Picture, SamplePicture, Stroke } from "../../lib/types.d.ts" */

const SIDE = 280;
const THUMBNAIL = 96;

/**
 * @param {() => void} onChange called for every change of the strokes or the photo
 * @returns {{
 *   element: HTMLElement, picture: () => Picture, isEmpty: () => boolean, restore: () => void, unmount: () => void,
 * }}
 */
export function drawingPad(onChange) {
  const saved = state.draw;
  let unmounted = false;
  const canvas = h("canvas", { width: SIDE, height: SIDE, class: "pad", role: "img", "aria-label": t("pad.label") });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const pen = h("input", { type: "range", id: "pen", min: "2", max: "16", value: String(saved.pen), on: { input: () => {
    saved.pen = Number(pen.value);
    paint();
  } } });

  function paint() {
    const { strokes } = state;
    paintPad(context, { photo: saved.photo, strokes }, saved.pen / 100);
    const sample = saved.photo && "licence" in saved.photo ? saved.photo : null;
    const words = sample && { class: className(sample), author: sample.author ?? "", licence: sample.licence ?? "" };
    setText(about, words ? t(words.licence ? "pad.about" : "pad.about.run", words) : "");
    const isNonsense = strokes.length ? drawingName(strokes).startsWith("nonsense:") : sample?.class === null;
    setText(nonsense, isNonsense ? t("pad.nonsense.why") : "");
    onChange();
  }

  /** @param {Stroke[]} drawing */
  function setStrokes(drawing) {
    state.strokes = drawing;
    saved.photo = null;
    paint();
  }

  /** @param {Photo | SamplePicture} photo */
  function setPhoto(photo) {
    if (unmounted) return void setPad({ photo, strokes: [] }); // another view is shown by now
    saved.photo = photo;
    state.strokes = [];
    clearError();
    paint();
  }

  /** @param {File | null | undefined} file */
  async function openFile(file) {
    if (!file) return;
    try {
      setPhoto(await openPhoto(file, file.name, photoSide()));
    } catch {
      showError(t((await isHeic(file)) ? "pad.unreadable.heic" : "pad.unreadable", { name: file.name }));
    }
  }

  trackPointer(canvas, {
    begin: (point) => void state.strokes.push([point]),
    move: (point) => void state.strokes[state.strokes.length - 1]?.push(point),
    end: () => state.strokes.push(...state.strokes.splice(-1).map(simplify)),
    cancel: () => void state.strokes.pop(),
    paint,
  });
  const paste = (/** @type {ClipboardEvent} */ event) => void openFile(event.clipboardData?.files[0]);
  addEventListener("paste", paste);
  const fileInput = h("input", { type: "file", accept: "image/*", hidden: true, id: "photo",
    on: { change: () => void openFile(fileInput.files?.[0]).then(() => (fileInput.value = "")) } });

  const samples = h("div", { class: "samples", role: "group", "aria-label": t("pad.samples") });
  const about = h("p", { class: "muted about" });
  const nonsense = h("p", { class: "note nonsense", role: "status" });
  const element = h(
    "section",
    { class: "card pad-card", "aria-label": t("pad.label"), on: {
      dragover: (/** @type {DragEvent} */ event) => event.preventDefault(),
      drop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        void openFile(event.dataTransfer?.files[0]);
      },
    } },
    h("div", { class: "pen-card pinned" }, canvas,
      h("div", { class: "toolbar" },
        h("button", { class: "primary", id: "clear", on: { click: () => setStrokes([]) } }, t("pad.clear")),
        fileInput,
        h("button", { on: { click: () => fileInput.click() } }, t("pad.photo")),
        ...cameraButton((file) => void openFile(file)),
        h("label", { htmlFor: "pen", class: "choice" }, h("span", {}, t("pad.pen")), pen))),
    isCanvasTrue() ? null : h("p", { class: "note", role: "alert" }, t("pad.falsified")),
    samples,
    about,
    nonsense,
    h("p", { class: "muted explanation" }, t("pad.hint")),
  );

  /** The samples of the present model: drawings of digits, and pictures that ship; and what is none of its classes. */
  function showSamples() {
    const names = /** @type {(keyof typeof NONSENSE)[]} */ (Object.keys(NONSENSE));
    replaceChildren(samples,
      state.samples === "digits" && h("div", { class: "drawings" }, DIGITS.map((drawing, digit) =>
        h("button", { class: "sample", "aria-label": t("pad.sample", { digit }),
          on: { click: () => setStrokes(copyStrokes(drawing)) } }, String(digit)))),
      h("div", { class: "photos" }, samplesOf(state.samples).map((sample) =>
        h("button", { class: "sample", "aria-label": t("pad.sample.photo", { class: className(sample) }), title: sample.name,
          on: { click: () => setPhoto(sample) } }, thumbnail(sample), h("span", {}, className(sample))))),
      h("div", { class: "toolbar", role: "group", "aria-label": t("pad.nonsense") }, h("span", { class: "muted" }, t("pad.nonsense")),
        names.map((name) => h("button", { on: { click: () => setStrokes(copyStrokes(NONSENSE[name])) } }, t(`pad.nonsense.${name}`)))));
  }

  return {
    element,
    picture: () => padPicture(state.strokes),
    isEmpty: () => state.strokes.length === 0 && !saved.photo,
    restore() {
      if (!state.picture) state.strokes = copyStrokes(SAMPLE);
      showSamples();
      paint();
    },
    unmount() {
      unmounted = true;
      removeEventListener("paste", paste);
    },
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
