/** The page in a notebook's frame: the figure of Draw alone. The notebook gives the picture, and hears which unit is opened. */

import "../lib/old-browsers.js";
import { get, postPicture } from "../lib/api.js";
import { coalesce } from "../lib/coalesce.js";
import { h } from "../lib/dom.js";
import { language } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { state } from "../lib/state.js";
import { networkFigure } from "../views/network/figure.js";

/** @import { FrameMessage, PictureMessage } from "./types.d.ts" */
/** @import { Picture } from "../lib/types.d.ts" */

/** @type {Picture} */
let picture = { blob: new Blob(), name: "", drawn: false };
const figure = networkFigure(() => picture, () => void update(), tellUnit);

/** Show what the model makes of the picture; its network alone before there is one. */
const update = coalesce(async () => {
  const { blob } = picture;
  try {
    await figure.setModel(state.model);
    if (blob.size === 0) return;
    figure.show(await postPicture("layers", blob, { model: state.model, rows: figure.rows() }), false);
    await figure.updateSum();
  } catch (error) {
    showError(error);
  }
});

/** @param {FrameMessage} message */
const tell = (message) => parent.postMessage(message, "*");

function tellUnit() {
  const { path, unit } = state.network;
  tell({ kind: "unit", row: path, unit: unit ?? [] });
}

addEventListener("message", (/** @type {MessageEvent<PictureMessage>} */ { source, data }) => {
  if (source !== parent) return;
  picture = { blob: new Blob([data.picture], { type: "image/png" }), name: "", drawn: false };
  void update();
});

document.documentElement.lang = language();
for (const id of ["skip", "bar", "views"]) document.getElementById(id)?.remove();
figure.element.querySelector(".panel-head a")?.replaceWith(h("span")); // to Layers, a view that is not here
const root = /** @type {HTMLElement} */ (document.getElementById("view"));
root.className = "view-draw";
root.append(figure.element);
({ models: state.models } = await get("models"));
state.model = state.models[0].name;
tell({ kind: "ready" });
