/** At the foot of a page that carries its own backend: whether what it computes is what torch computes, and its digest. */

import { showDialog } from "./dialog.js";
import { h, replaceChildren } from "./dom.js";
import { addTexts, formatNumber, t } from "./i18n.js";
import { proveAll } from "../backend/client.js";
import { en } from "../strings/proof.en.js";
import { ko } from "../strings/proof.ko.js";

/** @import { Proved } from "../backend/types.d.ts" */
/** @import { StringKey } from "./types.d.ts" */

addTexts({ en, ko });

/** @type {Promise<Proved[]> | null} */
let proving = null;
/** @type {Proved[] | null} */
let proved = null;
const foot = /** @type {HTMLElement} */ (document.getElementById("proof"));

/** Show the verdict in the present language; the first call begins the comparison. */
export async function showProof() {
  show();
  proving ??= proveAll();
  proved = await proving;
  show();
}

function show() {
  const failed = proved?.find((one) => one.failed)?.failed;
  const text = !proved ? t("proof.checking") : failed ? t("proof.differs", { row: failed.path }) : t("proof.equal");
  const button = h("button", { class: failed ? "error" : "", on: { click: open } }, text);
  replaceChildren(foot, h("span", { role: "status" }, proved ? button : text));
}

function open() {
  const heads = /** @type {StringKey[]} */ (["proof.model", "proof.inputs", "proof.rows", "proof.largest", "proof.verdict"]);
  const rows = (proved ?? []).map(({ model, inputs, rows: compared, largest, failed }) => [
    model, formatNumber(inputs), formatNumber(compared), t("proof.at", { difference: scientific(largest.difference), row: largest.path }),
    failed ? t("proof.other", { difference: scientific(failed.difference), row: failed.path }) : t("proof.same"),
  ]);
  const { close } = showDialog(t("proof.title"), [
    h("p", { class: "muted" }, t("proof.why")),
    h("div", { class: "proved", tabIndex: 0 }, h("table", {},
      h("thead", {}, h("tr", {}, heads.map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))))),
    h("p", { class: "muted" }, t("proof.digest")),
    h("p", {}, h("code", { class: "digest" }, globalThis.striatePage?.digest)),
    h("div", { class: "toolbar" }, h("button", { on: { click: () => close() } }, t("proof.close"))),
  ]);
}

/** @param {number} number */
const scientific = (number) => (Number.isFinite(number) ? number.toExponential(1) : "∞");
