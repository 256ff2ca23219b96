/** The token of a server that requires one. The page asks for it once per tab. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { session } from "./storage.js";

/** @type {Promise<boolean> | null} */
let pending = null;

/**
 * Ask for the token, unless another one was entered after `refused` was sent.
 * @param {string | null} refused
 * @returns {Promise<boolean>} whether the request should be sent again
 */
export function requestToken(refused) {
  if (session.getItem("token") !== refused) return Promise.resolve(true);
  pending ??= showDialog().finally(() => (pending = null));
  return pending;
}

/** @returns {Promise<boolean>} whether a token was entered */
function showDialog() {
  const input = h("input", { type: "password", id: "token", autocomplete: "current-password", required: true });
  const dialog = h(
    "dialog",
    { "aria-labelledby": "token-title" },
    h(
      "form",
      { method: "dialog", class: "stack" },
      h("h2", { id: "token-title" }, t("token.title")),
      h("label", { htmlFor: "token" }, t("token.label")),
      input,
      h("button", { class: "primary" }, t("token.send")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (input.value) session.setItem("token", input.value);
      dialog.remove();
      resolve(Boolean(input.value));
    });
  });
}
