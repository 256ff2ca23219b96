/**
 * The module that anywidget loads for a diagram in a notebook: a frame that holds the page of one model, and messages between the two.
 * In a frame the page has its styles and its state for itself, however many diagrams a notebook has.
 */

/** @import { FrameMessage, WidgetModel } from "./types.d.ts" */

/**
 * @param {{ model: WidgetModel, el: HTMLElement }} view
 * @returns {() => void} removes what the view has added elsewhere
 */
function render({ model, el }) {
  const frame = document.createElement("iframe");
  Object.assign(frame, { className: "striate-diagram", title: "Striate", srcdoc: model.get("_page") });

  const sendPicture = () => frame.contentWindow?.postMessage({ picture: model.get("_picture") }, "*");

  /** @param {MessageEvent<FrameMessage>} event */
  function receive({ source, data }) {
    if (source !== frame.contentWindow) return;
    if (data.kind === "ready") return sendPicture();
    model.set("row", data.row);
    model.set("unit", data.unit);
    model.save_changes();
  }

  addEventListener("message", receive);
  model.on("change:_picture", sendPicture);
  el.append(frame);
  return () => {
    removeEventListener("message", receive);
    model.off("change:_picture", sendPicture);
  };
}

export default { render };
