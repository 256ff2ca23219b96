/** The page of a device of a class: draw, send, vote, and see what class and network say of one's own drawings. */

import "../lib/old-browsers.js";
import { h, replaceChildren, setText } from "../lib/dom.js";
import { language, setLanguage, t } from "../lib/i18n.js";
import { clearError, showError } from "../lib/notice.js";
import { local } from "../lib/storage.js";
import { drawPart } from "./draw.js";
import { ownPart } from "./own.js";
import { languageSelect } from "./parts.js";
import { ask, repeat, RequestError } from "./requests.js";
import { votePart } from "./vote.js";

/** @import { ClassDesk, StringKey } from "../lib/types.d.ts" */

const INTERVAL = 1500; // milliseconds between two questions what is new
const TOKEN = "class-token";
const PARTS = /** @type {const} */ (["draw", "vote", "own"]);

const [bar, view, tabs] = ["bar", "view", "tabs"].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
/** @type {ClassDesk | null} */
let desk = null;
/** @type {typeof PARTS[number]} */
let shown = "draw";
/** @type {Promise<unknown> | null} */
let joining = null;
let isGone = false;

/**
 * A request of this device, which joins first if the class does not know it.
 * @param {string} path
 * @param {{ document?: unknown, picture?: Blob }} [body]
 */
async function request(path, body) {
  const token = local.getItem(TOKEN);
  try {
    if (token) return await ask(path, token, body);
  } catch (error) {
    if (!(error instanceof RequestError) || error.status !== 401) throw error;
  }
  joining ??= ask("join", "", { document: { name: desk?.name ?? "" } })
    .then((answer) => local.setItem(TOKEN, answer.token)).finally(() => (joining = null));
  await joining;
  return ask(path, local.getItem(TOKEN) ?? "", body);
}

/** Show what the server says of the class. @param {ClassDesk} answer */
function show(answer) {
  const isNew = !desk || desk.class !== answer.class;
  desk = answer;
  if (isNew) frame();
  for (const part of Object.values(parts)) part.show(answer);
  setText(counts.vote, answer.waiting ? String(answer.waiting) : "");
  setText(counts.own, answer.own.length ? String(answer.own.length) : "");
}

const device = { request, show, update: () => update() };
let parts = makeParts();
const counts = { draw: h("span"), vote: h("span", { class: "count" }), own: h("span", { class: "count" }) };

function makeParts() {
  return { draw: drawPart(device), vote: votePart(device), own: ownPart(device) };
}

/** Head, parts and tabs in the present language. */
function frame() {
  document.documentElement.lang = language();
  document.title = desk ? `${desk.class} · Striate` : "Striate";
  replaceChildren(bar,
    h("img", { src: "static/icon.svg", alt: "", width: 26, height: 26 }),
    h("h1", {}, h("bdi", {}, desk?.class ?? "Striate")),
    languageSelect(() => {
      parts = makeParts();
      frame();
      if (desk) show(desk);
    }));
  replaceChildren(view, ...PARTS.map((name) => parts[name].element));
  tabs.setAttribute("aria-label", t("page.views"));
  replaceChildren(tabs, ...PARTS.map((name) => h("button", { on: { click: () => open(name) } },
    t(/** @type {StringKey} */ (`class.tab.${name}`)), counts[name])));
  open(shown);
}

/** @param {typeof PARTS[number]} name */
function open(name) {
  shown = name;
  view.dataset.shown = name;
  PARTS.forEach((part, i) => {
    tabs.children[i].toggleAttribute("data-current", part === name);
    if (part === name) tabs.children[i].setAttribute("aria-current", "page");
    else tabs.children[i].removeAttribute("aria-current");
  });
}

const update = repeat(async () => {
  try {
    show(await request("desk"));
    if (isGone) clearError();
    isGone = false;
  } catch (error) {
    isGone = true;
    showError(error);
    throw error;
  }
}, INTERVAL);

setLanguage(language(), { keep: false });
frame();
await update();
