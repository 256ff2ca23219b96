/** The page around the views: which one is shown, on which model, in which language. Each view's code comes when asked. */

import { GONE } from "./lib/api.js";
import { fill, h } from "./lib/dom.js";
import { language, NAMES, setLanguage, t } from "./lib/language.js";
import { notice, quiet } from "./lib/notice.js";
import { change, keep, loadModels, recall, state, watch } from "./lib/state.js";

/** @typedef {(root: HTMLElement) => () => void} Mount a view put into the page; what it returns takes it out again */
/** @type {Record<string, () => Promise<{ mount: Mount }>>} */
const VIEWS = {
  draw: () => import("./views/draw.js"),
  layers: () => import("./views/layers.js"),
  stress: () => import("./views/stress.js"),
  table: () => import("./views/table.js"),
  train: () => import("./views/train.js"),
  filters: () => import("./views/filters.js"),
  cortex: () => import("./views/cortex.js"),
  why: () => import("./views/why.js"),
};

const root = /** @type {HTMLElement} */ (document.getElementById("view"));
let unmount = () => {};
let asked = 0;

/** The view that the address names. @returns {string} */
const wanted = () => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : "draw");

async function show() {
  const own = ++asked;
  const name = wanted();
  frame(name);
  try {
    const [{ mount }] = await Promise.all([VIEWS[name](), style(name)]);
    if (own !== asked) return;
    unmount();
    unmount = () => {};
    root.replaceChildren();
    root.className = `view-${name}`;
    quiet();
    unmount = mount(root);
    document.title = `${t(title(name))} · Striate`;
  } catch {
    notice(t("page.silent")); // its files did not come; a click on its name tries again
  }
}

/**
 * The view's own style sheet, there before it is drawn.
 * @param {string} name
 * @returns {Promise<unknown>}
 */
function style(name) {
  const href = `/static/styles/${name}.css`;
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = h("link", { rel: "stylesheet", href, on: { load: resolve } });
    link.addEventListener("error", () => {
      link.remove();
      reject(new Error(href));
    });
    document.head.append(link);
  });
}

/** @param {string} name */
const title = (name) => /** @type {import("./lib/language.js").Key} */ (`view.${name}`);

/** The head of the page and the list of views. @param {string} name */
function frame(name) {
  document.documentElement.lang = language();
  const skip = /** @type {HTMLElement} */ (document.getElementById("skip"));
  skip.textContent = t("page.skip");
  fill(
    /** @type {HTMLElement} */ (document.getElementById("bar")),
    h("a", { class: "brand", href: "#draw" }, h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }), "Striate"),
    modelChoice(),
    languageChoice(),
  );
  const views = /** @type {HTMLElement} */ (document.getElementById("views"));
  views.setAttribute("aria-label", t("page.views"));
  fill(
    views,
    h("ul", {}, Object.keys(VIEWS).map((view) =>
      h("li", {}, h("a", { href: `#${view}`, "aria-current": view === name ? "page" : null, title: t(hint(view)), on: { click: again } },
        t(title(view)))))),
  );
  views.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** The view that is asked for already is shown anew: it may have failed to come. @param {MouseEvent} event */
function again(event) {
  if (/** @type {HTMLAnchorElement} */ (event.currentTarget).hash === location.hash) void show();
}

/** @param {string} name */
const hint = (name) => /** @type {import("./lib/language.js").Key} */ (`hint.${name}`);

function modelChoice() {
  const choose = (/** @type {Event & { target: HTMLSelectElement }} */ event) => change({ model: event.target.value });
  return h("label", { class: "choice" }, h("span", {}, t("page.model")),
    h("select", { id: "model", on: { change: choose } }, state.models.map((model) =>
      h("option", { value: model.name, selected: model.name === state.model }, model.name))));
}

function languageChoice() {
  const choose = (/** @type {Event & { target: HTMLSelectElement }} */ event) => {
    setLanguage(/** @type {import("./lib/language.js").Language} */ (event.target.value));
    void show().then(() => document.getElementById("language")?.focus());
  };
  return h("label", { class: "choice" }, h("span", {}, t("page.language")),
    h("select", { id: "language", on: { change: choose } }, Object.entries(NAMES).map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language() }, name))));
}

/** The list of models is drawn anew when there are others. */
let listed = "";
watch(() => {
  const now = JSON.stringify([state.models.map((model) => model.name), state.model]);
  if (now === listed) return;
  listed = now;
  const old = document.getElementById("model");
  const held = old === document.activeElement;
  old?.closest("label")?.replaceWith(modelChoice());
  if (held) document.getElementById("model")?.focus();
});

addEventListener(GONE, () => void loadModels().catch(notice));
addEventListener("pagehide", keep);
recall();
setLanguage(language());
try {
  await loadModels();
} catch (error) {
  notice(error);
}
addEventListener("hashchange", () => void show().then(() => root.focus()));
await show();
