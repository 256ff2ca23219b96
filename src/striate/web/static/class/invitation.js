/** How devices come to the class: a QR code, and the address to type. */

import { h, replaceChildren } from "../lib/dom.js";
import { isLoopback } from "../lib/hosts.js";
import { t } from "../lib/i18n.js";
import { qrPicture } from "../lib/qr.js";

/** @import { ClassBoard, EventOf } from "../lib/types.d.ts" */

const PAGE = "c"; // beside this page

/** @param {(text: string) => Promise<{ rows: string[] }>} codeOf */
export function invitation(codeOf) {
  let shown = "";
  let address = "";
  const code = h("div", { class: "qr" });
  const typed = h("p", { class: "address" });
  const note = h("p", { class: "muted" });
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => void showAddress(event.target.value);
  const choice = h("select", { id: "address", "aria-label": t("class.address"), on: { change } });
  const element = h("section", { class: "card invitation" }, h("h2", {}, t("class.join")), code,
    h("p", { class: "muted type" }, t("class.type")), typed, choice, note);

  /** @param {string} page */
  async function showAddress(page) {
    const wanted = new URL(PAGE, page).href;
    address = wanted;
    replaceChildren(typed, ...wanted.replace(/^http:\/\//, "").split(/([./:])/).flatMap((part) => [part, h("wbr")]));
    const { rows } = await codeOf(wanted);
    if (wanted === address) replaceChildren(code, qrPicture(rows));
  }

  /** @param {ClassBoard} board */
  function show({ pages }) {
    const here = new URL(".", location.href).href;
    const own = isLoopback(location.hostname) ? pages : [here, ...pages.filter((page) => page !== here)];
    const all = own.length ? own : [here];
    if (all.join() === shown) return;
    shown = all.join();
    choice.hidden = all.length < 2;
    replaceChildren(choice, ...all.map((page) => h("option", { value: page }, page)));
    note.textContent = own.length ? "" : t("class.loopback");
    showAddress(all[0]).catch(() => (shown = "")); // the next answer tries again
  }

  return { element, show };
}
