/** The link of what the page shows: to copy, and as a QR code for a phone. */

import { get, post } from "./api.js";
import { showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { isLoopback } from "./hosts.js";
import { addTexts, t } from "./i18n.js";
import { linkOf, missingIn, parseLink } from "./link.js";
import { qrPicture } from "./qr.js";
import { session } from "./storage.js";
import { en } from "../strings/share.en.js";
import { ko } from "../strings/share.ko.js";

addTexts({ en, ko });

/** Show the link. @returns {Promise<void>} when the dialog is closed */
export async function shareLink() {
  const { view } = parseLink(location.hash);
  const fragment = linkOf(view);
  const token = session.getItem("token"), isServed = !globalThis.striatePage; // the server makes the QR code, and knows its addresses
  const field = h("textarea", { id: "link", readOnly: true, rows: 3, spellcheck: false, on: { focus: () => field.select() } });
  const copied = h("p", { role: "status", class: "success" });
  const copy = h("button", { class: "primary", on: { click: () => void copyText(field).then((key) => (copied.textContent = t(key))) } },
    t("link.copy"));
  const withToken = h("input", { type: "checkbox", checked: true, on: { change: () => show() } });
  const code = h("div", { class: "qr" });
  const reach = h("p", { class: "muted" });
  const { photo, table } = missingIn(view);
  const { close, closed } = showDialog(t("link.title"), [
    h("label", { htmlFor: "link", class: "muted" }, t("link.why")), field,
    photo && h("p", { class: "note" }, t("link.without.photo")),
    table && h("p", { class: "note" }, t("link.without.table")),
    token !== null && h("label", { class: "choice" }, withToken, h("span", {}, t("link.token"))),
    isServed && code, isServed && reach,
    h("div", { class: "toolbar" }, copy, h("button", { on: { click: () => close() } }, t("link.close")), copied),
  ]);
  let base = location.href.split("#")[0];

  async function show() {
    field.value = `${base}${fragment}${token && withToken.checked ? `&token=${encodeURIComponent(token)}` : ""}`;
    copied.textContent = "";
    if (!isServed) return;
    const text = field.value;
    try {
      const { rows } = await post("qr", { text });
      if (text === field.value) code.replaceChildren(qrPicture(rows));
    } catch {
      code.replaceChildren(h("p", { class: "muted" }, t("link.long")));
    }
  }

  await show();
  if (isServed && isLoopback(location.hostname)) {
    const { pages } = await get("pages").catch(() => ({ pages: [] }));
    reach.textContent = t(pages.length ? "link.network" : "link.loopback");
    if (pages.length) {
      [base] = pages;
      await show();
    }
  }
  await closed;
}

/**
 * Copy the text of a field; without a secure context by the browser's old command.
 * @param {HTMLTextAreaElement} field
 * @returns {Promise<"link.copied" | "link.not_copied">}
 */
async function copyText(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return "link.copied";
  } catch {
    return document.execCommand("copy") ? "link.copied" : "link.not_copied";
  }
}
