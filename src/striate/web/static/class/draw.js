/** A device's pad: what the teacher asks for, the drawing, its author's name, and the network's answer. */

import { isCanvasTrue, toPng } from "../lib/canvas.js";
import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { clearError, showError } from "../lib/notice.js";
import { probabilityBars } from "../lib/probability-bars.js";
import { paintPad, simplify } from "../lib/strokes.js";
import { trackPointer } from "../views/draw/pointer.js";
import { answerBars, answerText } from "./parts.js";
import { pictureAddress } from "./requests.js";

/** @import { ClassDesk, ClassDevice, ClassPart, Stroke } from "../lib/types.d.ts" */

const SHOWN = 420; // pixels of the pad
const SENT = 140; // pixels of the picture that is sent
const PEN = 0.08;
const NAME = 20; // letters

/** What is drawn and not sent yet: it outlives a change of the language. @type {Stroke[]} */
let strokes = [];

/** @param {ClassDevice} device @returns {ClassPart} */
export function drawPart(device) {
  /** @type {ClassDesk | null} */
  let desk = null;
  let isSending = false;
  const canvas = h("canvas", { width: SHOWN, height: SHOWN, class: "pad", role: "img", "aria-label": t("pad.label") });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const send = h("button", { class: "primary send", id: "send", on: { click: () => void sendDrawing() } }, t("class.send"));
  const clear = h("button", { id: "clear", on: { click: () => setStrokes([]) } }, t("pad.clear"));
  const undo = h("button", { id: "undo", on: { click: () => setStrokes(strokes.slice(0, -1)) } }, t("class.undo"));
  const wish = h("p", { class: "wish" });
  const name = h("input", { id: "name", maxLength: NAME, autocomplete: "nickname", on: { change: () => void rename() } });
  const answer = h("div", { class: "answer", role: "status" });

  function paint() {
    paintPad(context, { photo: null, strokes }, PEN);
    const isEmpty = strokes.length === 0;
    clear.disabled = undo.disabled = isEmpty;
    send.disabled = isEmpty || isSending || !desk?.open;
  }

  /** @param {Stroke[]} drawing */
  function setStrokes(drawing) {
    strokes = drawing;
    paint();
  }

  function picture() {
    const small = h("canvas", { width: SENT, height: SENT });
    paintPad(/** @type {CanvasRenderingContext2D} */ (small.getContext("2d", { willReadFrequently: true })), { photo: null, strokes }, PEN);
    return toPng(small);
  }

  async function sendDrawing() {
    if (!desk) return;
    if (!isCanvasTrue()) return showError(t("pad.falsified"));
    isSending = true;
    paint();
    try {
      const sent = await device.request(`drawings?label=${desk.asked ?? ""}`, { picture: picture() });
      strokes = [];
      clearError();
      showAnswer(sent, desk.labels);
      void device.update();
    } catch (error) {
      showError(error); // the drawing stays, to be sent again
    }
    isSending = false;
    paint();
  }

  /** @param {{ id: string, answer: import("../lib/types.d.ts").ClassAnswer }} sent @param {string[]} labels */
  function showAnswer(sent, labels) {
    const bars = probabilityBars(3);
    bars.show(answerBars(sent.answer, labels));
    replaceChildren(answer, h("img", { src: pictureAddress(sent.id), alt: "", width: 72, height: 72 }),
      h("div", {}, h("p", {}, t("class.answer"), " ", h("b", {}, answerText(sent.answer, labels))), bars.element));
    answer.scrollIntoView({ block: "nearest" }); // below the pad of a small phone
  }

  async function rename() {
    try {
      await device.request("name", { document: { name: name.value } });
      void device.update();
    } catch (error) {
      showError(error);
    }
  }

  trackPointer(canvas, {
    begin: (point) => void strokes.push([point]),
    move: (point) => void strokes[strokes.length - 1]?.push(point),
    end: () => strokes.push(...strokes.splice(-1).map(simplify)),
    cancel: () => void strokes.pop(),
    paint,
  });
  paint();
  return {
    element: h("section", { class: "card part draw" }, h("h2", { class: "hidden" }, t("class.tab.draw")), wish, canvas,
      h("div", { class: "toolbar" }, undo, clear, send), answer,
      h("label", { class: "name-field" }, h("span", { class: "muted" }, t("class.name")), name)),
    show(now) {
      if (!desk && document.activeElement !== name) name.value = now.name;
      const isChanged = !desk || desk.asked !== now.asked || desk.open !== now.open;
      desk = now;
      if (isChanged) replaceChildren(wish, ...wishWords(now));
      paint();
    },
  };
}

/** What is to be drawn. @param {ClassDesk} desk */
function wishWords({ asked, labels, open }) {
  if (!open) return [t("class.closed")];
  if (asked === null) return [t("class.any"), h("b", { class: "any" }, labels.join(" "))];
  return [t("class.asked"), " ", h("b", {}, labels[asked])];
}
