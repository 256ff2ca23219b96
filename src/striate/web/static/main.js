/** The page around the views: navigation, the choice of model and of language. A view's code is loaded when it is opened. */

import { MODEL_NOT_FOUND } from "./lib/api.js";
import { h, replaceChildren } from "./lib/dom.js";
import { language, LANGUAGES, setLanguage, t } from "./lib/i18n.js";
import { clearError, showError } from "./lib/notice.js";
import { chooseModel, loadModels, restoreSession, saveSession, state, watch } from "./lib/state.js";

/** @import { EventOf, Language, Mount, StringKey } from "./lib/types.d.ts" */

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

const root = byId("view");
const showView = viewSwitch();

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A function that shows the view of the address. @returns {() => Promise<void>} */
function viewSwitch() {
  let unmount = () => {};
  let requests = 0;
  return async () => {
    const request = ++requests;
    const name = location.hash.slice(1) in VIEWS ? location.hash.slice(1) : "draw";
    showFrame(name);
    try {
      const [{ mount }] = await Promise.all([VIEWS[name](), loadStyle(name)]);
      if (request !== requests) return;
      unmount();
      unmount = () => {};
      root.replaceChildren();
      root.className = `view-${name}`;
      clearError();
      unmount = mount(root);
      document.title = `${t(viewTitle(name))} · Striate`;
    } catch {
      showError(t("page.no_response")); // its files did not load; a click on its name tries again
    }
  };
}

/**
 * Load the view's style sheet before the view is shown.
 * @param {string} name
 * @returns {Promise<unknown>}
 */
function loadStyle(name) {
  const href = `static/styles/${name}.css`;
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
const viewTitle = (name) => /** @type {StringKey} */ (`view.${name}`);

/** @param {string} name */
const viewHint = (name) => /** @type {StringKey} */ (`hint.${name}`);

/** The head of the page and the list of views. @param {string} name of the view that is shown */
function showFrame(name) {
  document.documentElement.lang = language();
  byId("skip").textContent = t("page.skip");
  replaceChildren(
    byId("bar"),
    h("a", { class: "brand", href: "#draw" }, h("img", { src: "static/icon.svg", alt: "", width: 26, height: 26 }), "Striate"),
    modelSelect(),
    languageSelect(),
  );
  const views = byId("views");
  views.setAttribute("aria-label", t("page.views"));
  replaceChildren(
    views,
    h("ul", {}, Object.keys(VIEWS).map((view) =>
      h("li", {}, h("a", { href: `#${view}`, "aria-current": view === name ? "page" : null, title: t(viewHint(view)),
        on: { click: reload } }, t(viewTitle(view)))))),
  );
  views.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Show the present view again when its link is clicked: its files may not have loaded. @param {EventOf<HTMLAnchorElement>} event */
function reload(event) {
  if (event.currentTarget.hash === location.hash) void showView();
}

function modelSelect() {
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => void chooseModel(event.target.value);
  return h("label", { class: "choice" }, h("span", {}, t("page.model")),
    h("select", { id: "model", on: { change } }, state.models.map((model) =>
      h("option", { value: model.name, selected: model.name === state.model }, model.name))));
}

function languageSelect() {
  const change = (/** @type {EventOf<HTMLSelectElement>} */ event) => {
    setLanguage(/** @type {Language} */ (event.target.value));
    void showView().then(() => byId("language").focus());
  };
  return h("label", { class: "choice" }, h("span", {}, t("page.language")),
    h("select", { id: "language", on: { change } }, Object.entries(LANGUAGES).map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language() }, name))));
}

/** Keeps the list of models up to date. @returns {() => void} */
function modelListUpdate() {
  let listed = "";
  return () => {
    const models = JSON.stringify([state.models.map((model) => model.name), state.model]);
    if (models === listed) return;
    listed = models;
    const old = document.getElementById("model");
    const focused = old === document.activeElement;
    old?.closest("label")?.replaceWith(modelSelect());
    if (focused) byId("model").focus();
  };
}

watch(modelListUpdate());
addEventListener(MODEL_NOT_FOUND, () => void loadModels().catch(showError));
addEventListener("pagehide", saveSession);
restoreSession();
setLanguage(language());
await loadModels().catch(showError);
addEventListener("hashchange", () => void showView().then(() => root.focus()));
await showView();
