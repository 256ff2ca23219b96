/** The vote: a drawing of somebody else, and a button for each figure that it may be. */

import { h, replaceChildren } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { showError } from "../lib/notice.js";
import { says } from "./parts.js";
import { pictureAddress } from "./requests.js";

/** @import { ClassDesk, ClassDevice, ClassPart, ClassVerdict } from "../lib/types.d.ts" */

const SHORT = 3; // letters of a label that has room beside four others

/** @param {ClassDevice} device @returns {ClassPart} */
export function votePart(device) {
  /** The drawing that is shown. */
  let drawing = "";
  /** @type {string[]} */
  let labels = [];
  const picture = h("img", { class: "drawing", alt: t("class.vote.drawing"), width: 140, height: 140 });
  const buttons = h("div", { class: "labels", role: "group", "aria-labelledby": "vote-question" });
  const abstain = h("button", { id: "abstain", on: { click: () => void vote(null) } }, t("class.vote.none"));
  const verdict = h("p", { class: "verdict", role: "status" });
  const question = h("div", { class: "question" }, h("h2", { id: "vote-question" }, t("class.vote.which")), picture, buttons, abstain);
  const nothing = h("p", { class: "nothing" }, t("class.vote.nothing"));

  /** @param {number | null} label */
  async function vote(label) {
    setDisabled(true);
    try {
      const answer = await device.request("vote", { document: { id: drawing, label } });
      showVerdict(label, answer.verdict);
      drawing = "";
      device.show(answer);
    } catch (error) {
      drawing = ""; // it may be gone
      showError(error);
      await device.update();
    }
    setDisabled(false);
  }

  /** @param {boolean} isDisabled */
  function setDisabled(isDisabled) {
    for (const button of [...buttons.children, abstain]) /** @type {HTMLButtonElement} */ (button).disabled = isDisabled;
  }

  /** @param {number | null} label @param {ClassVerdict} said */
  function showVerdict(label, said) {
    replaceChildren(verdict, label === null ? "" : t("class.vote.yours", { label: labels[label] }), " ",
      said && says("class", said.label === null ? "?" : labels[said.label]), " ", said && says("network", labels[said.answer[0][0]]));
  }

  /** @param {ClassDesk} desk */
  function show(desk) {
    if (desk.labels.join("\n") !== labels.join("\n")) {
      ({ labels } = desk);
      buttons.classList.toggle("words", labels.some((label) => label.length > SHORT));
      replaceChildren(buttons, ...labels.map((label, index) => h("button", { on: { click: () => void vote(index) } }, label)));
    }
    // The drawing stays while somebody looks at it, even if another has fewer votes now.
    if (!drawing && desk.next) picture.src = pictureAddress((drawing = desk.next));
    if (!desk.next) drawing = "";
    question.hidden = !drawing;
    nothing.hidden = Boolean(drawing);
  }

  return { element: h("section", { class: "card part vote" }, verdict, question, nothing), show };
}
