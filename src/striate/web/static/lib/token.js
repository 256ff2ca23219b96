/** The token of a server that wants one, asked for once a tab. */

import { h } from "./dom.js";
import { t } from "./language.js";

/** @type {Promise<boolean> | null} */
let asking = null;

/**
 * Ask for the token, unless another one was given since `refused` was sent. True if it is worth trying again.
 * @param {string | null} refused
 * @returns {Promise<boolean>}
 */
export function ask(refused) {
  if (sessionStorage.getItem("token") !== refused) return Promise.resolve(true);
  asking ??= dialog().finally(() => (asking = null));
  return asking;
}

/** @returns {Promise<boolean>} */
function dialog() {
  const input = h("input", { type: "password", id: "token", autocomplete: "current-password", required: true });
  const box = h(
    "dialog",
    { "aria-labelledby": "token-title" },
    h(
      "form",
      { method: "dialog", class: "stack" },
      h("h2", { id: "token-title" }, t("token.title")),
      h("label", { htmlFor: "token" }, t("token.label")),
      input,
      h("button", { class: "strong" }, t("token.send")),
    ),
  );
  document.body.append(box);
  box.showModal();
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      if (input.value) sessionStorage.setItem("token", input.value);
      box.remove();
      resolve(Boolean(input.value));
    });
  });
}
