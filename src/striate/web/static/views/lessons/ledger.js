/** The ledger: all claims of the notes with their verdicts, each with a link to its lesson. */

import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { state } from "../../lib/state.js";
import { addressOf } from "./contents.js";

/** @import { NotesClaim } from "../../lib/types.d.ts" */

/**
 * @param {HTMLElement} root
 * @param {NotesClaim[]} claims
 */
export function showLedger(root, claims) {
  const body = h("tbody");
  const verdicts = [...new Map(claims.map(({ verdict, says }) => [verdict, says]))];
  const filter = h("select", { on: { change: fill } }, h("option", { value: "" }, t("lessons.ledger.all", { count: claims.length })),
    verdicts.map(([verdict, says]) => h("option", { value: verdict }, says)));
  replaceChildren(
    root,
    h("p", { class: "trail" }, h("a", { href: "#lessons?" }, t("lessons.lesson.contents"))),
    h("h1", {}, t("lessons.ledger.title")),
    h("p", { class: "lead" }, t("lessons.ledger.lead")),
    h("label", { class: "choice" }, h("span", {}, t("lessons.ledger.show")), filter),
    h("div", { class: "table-box card", tabIndex: 0 }, h("table", { class: "ledger" },
      h("thead", {}, h("tr", {}, h("th", {}, "#"), h("th", {}, t("lessons.ledger.claim")), h("th", {}, t("lessons.ledger.found")),
        h("th", {}, t("lessons.ledger.verdict")),
        h("th", {}, t("lessons.ledger.lesson")))), body)),
  );
  fill();
  const chosen = body.querySelector("[aria-current]");
  requestAnimationFrame(() => chosen?.scrollIntoView({ block: "center" })); // after the page has set the focus

  function fill() {
    replaceChildren(body, ...claims.filter(({ verdict }) => !filter.value || verdict === filter.value).map(line));
  }

  /** @param {NotesClaim} claim */
  function line({ name, number, quote, english, verdict, says, condition, basis, finding, why, source, lesson }) {
    return h("tr", { "aria-current": name === state.lessons.claim ? "true" : null },
      h("td", { class: "number" }, String(number)), h("td", {},
      h("p", { lang: "ko" }, `“${quote}”`), english && h("p", { class: "muted" }, english)),
      h("td", {}, h("p", {}, h("strong", {}, `${basis}: `), finding), (why || source) &&
        h("p", { class: "muted" }, [why, source && `(${source})`].filter(Boolean).join(" "))),
      h("td", {}, h("strong", { class: `verdict ${verdict.replace(" ", "-")}` }, says), condition && h("p", {}, condition)),
      h("td", {}, h("a", { href: addressOf(lesson) }, t("lessons.lesson.number", { number: lesson }))));
  }
}
