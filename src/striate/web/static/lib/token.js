/** The token of a server that requires one. A link carries it in its fragment, which no server and no log gets; else the page
 * asks for it, once per tab. */

import { showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { session } from "./storage.js";

/** @type {Promise<boolean> | null} */
let pending = null;

/** Take the token of a link out of the address, where others could read it, and keep it as long as the tab. */
export function takeToken() {
  const [found, before, text] = /([#?&])token=([^&]*)/.exec(location.hash) ?? [];
  if (found === undefined) return;
  try {
    session.setItem("token", decodeURIComponent(text));
  } catch {
    // no token: the page asks for it
  }
  const rest = location.hash.replace(found, before === "&" ? "" : before).replace(/([#?])&/, "$1").replace(/[#?]+$/, "");
  history.replaceState(null, "", rest || location.pathname + location.search);
}

/**
 * Ask for the token, unless another one was entered after `refused` was sent.
 * @param {string | null} refused
 * @returns {Promise<boolean>} whether the request should be sent again
 */
export function requestToken(refused) {
  if (session.getItem("token") !== refused) return Promise.resolve(true);
  pending ??= askToken(refused !== null).finally(() => (pending = null));
  return pending;
}

/**
 * @param {boolean} isWrong whether the server refused another one
 * @returns {Promise<boolean>} whether a token was entered
 */
async function askToken(isWrong) {
  const input = h("input", { type: "password", id: "token", autocomplete: "current-password", required: true });
  let entered = "";
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    entered = input.value;
    close();
  };
  const { close, closed } = showDialog(t("token.title"), [
    h("form", { class: "stack", on: { submit } },
      isWrong ? h("p", { class: "error", role: "alert" }, t("token.wrong")) : null,
      h("label", { htmlFor: "token" }, t("token.label")),
      input,
      h("button", { class: "primary" }, t("token.send"))),
  ]);
  input.focus();
  await closed;
  if (entered) session.setItem("token", entered);
  return Boolean(entered);
}
