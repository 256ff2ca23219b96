/** Instruments: one idea of the notes at a time, to move by hand. Each is a file of its own, loaded when it is opened. */

import { h, replaceChildren, svg } from "../lib/dom.js";
import { addTexts, t } from "../lib/i18n.js";
import { instrumentOf, INSTRUMENTS, parseLink } from "../lib/link.js";
import { showError } from "../lib/notice.js";
import { loadStyle } from "../lib/style.js";
import { en } from "../strings/instruments.en.js";
import { ko } from "../strings/instruments.ko.js";

/** @import { StringKey } from "../lib/types.d.ts" */

addTexts({ en, ko });

/** The icon of each, as a path in a square of 24 units. @type {Record<string, string>} */
const ICONS = {
  overlap: "M2 18h20M3 18c3.5 0 3-11 6-11s2.5 11 6 11M9 18c3.5 0 3-8 6-8s2.5 8 6 8",
  "learned-filter": "M3 3v18h18M6 6c1 9 4 12 14 12M9 13.5h.01M6 6h.01M14 17h.01",
  pooling: "M3 3h12v12H3zM9 3v12M3 9h12M17 17h4.5v4.5H17zM12 12l4 4",
  lrn: "M2 20h20M5 20v-3M10 20V4M15 20v-2M20 20v-8",
  dropout: "M5 6h.01M12 6h.01M19 6h.01M5 12h.01M19 12h.01M5 18h.01M12 18h.01M10 10l4 4M14 10l-4 4M17.5 16.5l3 3M20.5 16.5l-3 3",
  augmentation: "M3 7h11v11H3zM8 3l13 3.5-3.5 13M5.5 15l3-4 2.5 3 1-1.5 1.5 2.5",
  residual: "M2 16h5M7 12h7v8H7zM14 16h3M21 16h1M19 14v4M17 16h4M4 16V6h15v7",
  "gradient-flow": "M3 3v18h18M20 6c-2 0-3 1.5-5 3.5S11 15 6 18M20 6L16 5.5M20 6l-1 4",
};

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  const name = instrumentOf(parseLink(location.hash).view);
  if (!name) {
    replaceChildren(root, h("h1", {}, t("instruments.title")), h("p", { class: "muted" }, t("instruments.lead")), cards());
    return () => {};
  }
  let unmount = () => {};
  let isGone = false;
  const place = h("div", { class: `instrument ${name}` });
  const lead = h("p", { class: "muted explanation" }, textOf(name, "lead"));
  replaceChildren(root, tabs(name), h("h1", {}, textOf(name, "title")), lead, place);
  Promise.all([import(`./instruments/${name}.js`), loadStyle(`instruments/${name}`)]).then(
    ([instrument]) => {
      if (!isGone) unmount = instrument.mount(place);
    },
    () => showError(t("page.not_loaded")),
  );
  return () => {
    isGone = true;
    unmount();
  };
}

/** @param {string} name @param {"name" | "title" | "lead"} part */
const textOf = (name, part) => t(/** @type {StringKey} */ (`instruments.${name}.${part}`));

/** @param {string} name */
const icon = (name) => svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));

/** All instruments, in a line above the one that is open. @param {string} open */
const tabs = (open) => h("nav", { class: "tabs", "aria-label": t("view.instruments") },
  h("ul", {}, INSTRUMENTS.map((name) => h("li", {},
    h("a", { href: `#instruments/${name}`, "aria-current": name === open ? "page" : null }, icon(name), textOf(name, "name"))))));

/** All instruments, each with what it shows. */
const cards = () => h("ul", { class: "cards" }, INSTRUMENTS.map((name) => h("li", {},
  h("a", { class: "card", href: `#instruments/${name}` }, icon(name),
    h("h2", {}, textOf(name, "name")), h("p", { class: "muted" }, textOf(name, "lead"))))));
