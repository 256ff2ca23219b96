/** The drawings of this device: what class and network say of each, and a button that removes it. */

import { showDialog } from "../lib/dialog.js";
import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { answerText, says } from "./parts.js";
import { pictureAddress } from "./requests.js";

/** @import { ClassDesk, ClassDevice, ClassPart, OwnDrawing } from "../lib/types.d.ts" */

/** @param {ClassDevice} device @returns {ClassPart} */
export function ownPart(device) {
  let shown = "";
  const list = h("ul", { class: "own-list" });
  const nothing = h("p", { class: "nothing" }, t("class.own.nothing"));

  /** @param {string} id */
  async function remove(id) {
    try {
      device.show(await device.request("remove", { document: { id } }));
    } catch (error) {
      showError(error);
    }
  }

  /** @param {OwnDrawing} drawing @param {string[]} labels */
  const item = ({ id, answer, label, votes }, labels) =>
    h("li", {}, h("img", { src: pictureAddress(id), alt: "", width: 64, height: 64 }),
      h("div", {},
        h("p", {}, says("class", label === null ? "?" : labels[label]), " ",
          h("span", { class: "muted" }, t("class.votes", { count: votes }))),
        h("p", {}, says("network", answerText(answer, labels)))),
      h("button", { on: { click: () => void confirmRemoval(() => void remove(id)) } }, t("class.remove")));

  /** @param {ClassDesk} desk */
  function show({ own, labels }) {
    const state = JSON.stringify([own, labels]);
    if (state === shown) return;
    shown = state;
    replaceChildren(list, ...own.map((drawing) => item(drawing, labels)));
    nothing.hidden = own.length > 0;
  }

  return { element: h("section", { class: "card part own" }, h("h2", {}, t("class.own.title")), nothing, list), show };
}

/** Ask once more before a drawing is removed. @param {() => void} remove */
export async function confirmRemoval(remove) {
  const { close, closed } = showDialog(t("class.remove.title"), [
    h("p", {}, t("class.remove.why")),
    h("div", { class: "toolbar" },
      h("button", { class: "primary", id: "confirm", on: { click: () => { close(); remove(); } } }, t("class.remove")),
      h("button", { on: { click: () => close() } }, t("class.keep"))),
  ]);
  await closed;
}
