/** The page around the views: navigation, the choice of model and of language. A view's code is loaded when it is opened. */

import "./lib/old-browsers.js";
import { MODEL_NOT_FOUND } from "./lib/api.js";
import { h, replaceChildren, svg } from "./lib/dom.js";
import { followState, setFollowed } from "./lib/history.js";
import { language, LANGUAGES, setLanguage, t } from "./lib/i18n.js";
import { linkOf, parseLink, readLink } from "./lib/link.js";
import { clearError, showError } from "./lib/notice.js";
import { isPresenting, setPresenting, watchFullscreen } from "./lib/presentation.js";
import { chooseModel, loadModels, state, watch } from "./lib/state.js";
import { followServer } from "./lib/stale.js";
import { session } from "./lib/storage.js";
import { loadStyle } from "./lib/style.js";
import { takeToken } from "./lib/token.js";

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
  instruments: () => import("./views/instruments.js"),
  lessons: () => import("./views/lessons.js"),
};

const PRESENTATION_KEY = "F8";
const SCREEN = "M3 4h18M4.5 4v11h15V4M12 15v2.5M8 21l4-3.5 4 3.5";
const SHARE = "M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7L12 6.3M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7L12 17.7";

const root = byId("view");
const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]")).href;
const showView = viewSwitch();

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** A function that shows the view of the address. @returns {() => Promise<void>} */
function viewSwitch() {
  let unmount = () => {};
  let requests = 0;
  let shown = "";
  return async () => {
    const request = ++requests;
    const [name] = parseLink(location.hash).view.split("/");
    showFrame(name);
    try {
      const [{ mount }] = await Promise.all([VIEWS[name](), loadStyle(name)]);
      if (request !== requests) return;
      unmount();
      unmount = () => {};
      root.replaceChildren();
      root.className = `view-${name}`;
      if (name !== shown) scrollTo(0, 0); // another view begins at its head, below the bar of its lesson
      shown = name;
      clearError();
      unmount = mount(root);
      showLesson(name); // now, so that it does not move the view that is left
      document.title = `${t(viewTitle(name))} · Striate`;
    } catch {
      showError(t("page.not_loaded")); // its files did not load; a click on its name tries again
    }
  };
}

/** Fetch a view's files while the models are asked for; if that fails, `showView` tells. @param {string} view */
function preloadView(view) {
  const [name] = view.split("/");
  void Promise.all([VIEWS[name](), loadStyle(name)]).catch(() => {});
}

/** @param {string} name */
const viewTitle = (name) => /** @type {StringKey} */ (`view.${name}`);

/** @param {string} name */
const viewHint = (name) => /** @type {StringKey} */ (`hint.${name}`);

/** Above a view that a lesson opened: what the lesson says to do there. @param {string} view */
function showLesson(view) {
  if (session.getItem("lesson")) void import("./lib/lesson-bar.js").then(({ showLessonBar }) => showLessonBar(view)).catch(showError);
}

/** The head of the page and the list of views. @param {string} name of the view that is shown */
function showFrame(name) {
  document.documentElement.lang = language();
  byId("skip").textContent = t("page.skip");
  replaceChildren(
    byId("bar"),
    h("a", { class: "brand", href: "#draw", "aria-label": "Striate" },
      h("img", { src: icon, alt: "", width: 26, height: 26 }), h("span", {}, "Striate")),
    modelSelect(),
    languageSelect(),
    location.protocol !== "file:" && iconButton("share", t("link.share"), SHARE,
      () => void import("./lib/share.js").then(({ shareLink }) => shareLink()).catch(showError)),
    presentationButton(),
  );
  if (globalThis.striatePage) void import("./lib/proof.js").then(({ showProof }) => showProof()).catch(showError);
  const views = byId("views");
  views.setAttribute("aria-label", t("page.views"));
  replaceChildren(
    views,
    h("ul", {}, Object.keys(VIEWS).map((view) =>
      h("li", {}, h("a", { href: `#${view}`, "aria-current": view === name ? "page" : null, title: t(viewHint(view)),
        on: { click: reload } }, t(viewTitle(view)))))),
  );
}

/** Show the present view again when its link is clicked: its files may not have loaded. @param {EventOf<HTMLAnchorElement>} event */
function reload(event) {
  if (parseLink(event.currentTarget.hash).view !== parseLink(location.hash).view) return;
  event.preventDefault();
  void showView();
}

let followedLast = 0;

/** The state of an address that somebody opened, typed or went back to. */
async function followAddress() {
  const request = ++followedLast;
  takeToken();
  await showLink(location.hash);
  if (request === followedLast) setFollowed();
}

/** @param {string} link */
async function showLink(link) {
  const missing = await readLink(link);
  await showView();
  if (missing) showError(missing);
}

/** Whether the tab was loaded again: the address may then be older than what it showed (lib/history.js). */
const isReload = () =>
  /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType("navigation")[0])?.type === "reload";

/** The state of the address, else what the tab showed before it was loaded again. */
async function open() {
  takeToken();
  const kept = session.getItem("link");
  const link = parseLink(location.hash).parameters && !(kept && isReload()) ? location.hash : kept ?? "";
  state.model = parseLink(link).parameters?.get("model") ?? "";
  setLanguage(language(), { keep: false });
  preloadView(parseLink(link).view);
  await loadModels().catch(showError);
  await showLink(link);
  followState();
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
  return h("label", { class: "choice language" }, h("span", {}, t("page.language")),
    h("select", { id: "language", on: { change } }, Object.entries(LANGUAGES).map(([code, name]) =>
      h("option", { value: code, lang: code, selected: code === language() }, name))));
}

function presentationButton() {
  const button = iconButton("presentation", t("page.presentation", { key: PRESENTATION_KEY }), SCREEN, () => void present(!isPresenting()));
  button.setAttribute("aria-pressed", String(isPresenting()));
  return button;
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string} path of its icon, 24 units wide
 * @param {() => void} click
 */
const iconButton = (id, label, path, click) =>
  h("button", { class: "icon", id, "aria-label": label, title: label, on: { click } },
    svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: path })));

/** Show the view again, as large as it then is. @param {boolean} on */
async function present(on) {
  await setPresenting(on);
  await showView();
  byId("presentation").focus();
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
addEventListener("pagehide", () => session.setItem("link", linkOf(parseLink(location.hash).view)));
watchFullscreen(() => void present(false));
addEventListener("keydown", (event) => {
  if (event.key !== PRESENTATION_KEY || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void present(!isPresenting());
});
followServer(() => void loadModels().then(showView).catch(showError));
const opened = open();
addEventListener("hashchange", () => void opened.then(followAddress).then(() => root.focus({ preventScroll: true })));
await opened;
