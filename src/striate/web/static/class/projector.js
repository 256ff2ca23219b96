/** The projector's page of a class: the address as a QR code, the wall of drawings, the matrix, the teacher's controls. */

import "../lib/old-browsers.js";
import { h, replaceChildren, setText } from "../lib/dom.js";
import { language, setLanguage, t } from "../lib/i18n.js";
import { clearError, showError } from "../lib/notice.js";
import { isPresenting, setPresenting, watchFullscreen } from "../lib/presentation.js";
import { session } from "../lib/storage.js";
import { takeToken } from "../lib/token.js";
import { controls } from "./controls.js";
import { invitation } from "./invitation.js";
import { matrix } from "./matrix.js";
import { languageSelect } from "./parts.js";
import { ask, repeat, RequestError } from "./requests.js";
import { wall } from "./wall.js";

/** @import { ClassBoard, ClassDrawing } from "../lib/types.d.ts" */

const INTERVAL = 1000; // milliseconds between two questions what is new
const KEY = "class-key";

const [bar, view] = ["bar", "view"].map((id) => /** @type {HTMLElement} */ (document.getElementById(id)));
/** @type {ClassBoard | null} */
let board = null;
/** By their ids, in the order in which they came. @type {Map<string, ClassDrawing>} */
const drawings = new Map();
/** The cell of the matrix whose drawings alone are shown. @type {string} */
let chosen = "";
let isGone = false;

/** Take the key out of the address, which a projector shows to all, and keep it as long as the tab. */
function takeKey() {
  takeToken(); // of the lab, to which a link leads
  const [, key] = /[#&]key=([\w-]+)/.exec(location.hash) ?? [];
  if (!key) return;
  session.setItem(KEY, key);
  history.replaceState(null, "", location.pathname + location.search);
}

/** @param {string} path @param {unknown} [document] */
const request = (path, document) => ask(path, session.getItem(KEY) ?? "", { document });

/** @param {string} path @param {unknown} document */
async function change(path, document) {
  try {
    await request(path, document);
    await update();
  } catch (error) {
    showError(error);
  }
}

let parts = makeParts();

function makeParts() {
  return {
    controls: controls(change),
    invitation: invitation((text) => request("board/qr", { text })),
    wall: wall((id) => void change("board/remove", { id })),
    matrix: matrix((cell) => {
      chosen = chosen === cell ? "" : cell;
      draw();
    }),
    count: h("p", { class: "count-line", role: "status" }),
  };
}

/** Take over what has changed. @param {ClassBoard} answer */
function show(answer) {
  const isNew = board?.class !== answer.class;
  if (answer.reset) drawings.clear();
  const isChanged = answer.reset || answer.drawings.length > 0 || answer.removed.length > 0;
  for (const drawing of answer.drawings) drawings.set(drawing.id, drawing);
  for (const id of answer.removed) drawings.delete(id);
  board = answer;
  if (isNew) frame();
  parts.controls.show(answer);
  parts.invitation.show(answer);
  setText(parts.count, t("class.count", { devices: answer.devices, drawings: drawings.size }));
  if (isChanged || isNew) draw();
}

function draw() {
  if (!board) return;
  const all = [...drawings.values()];
  view.toggleAttribute("data-empty", all.length === 0);
  parts.matrix.show(all, board.labels, chosen);
  parts.wall.show(all.filter((one) => !chosen || `${one.label},${one.answer[0][0]}` === chosen), board.labels, Boolean(chosen));
}

/** Head and parts in the present language. */
function frame() {
  document.documentElement.lang = language();
  document.title = board ? `${board.class} · Striate` : "Striate";
  replaceChildren(bar,
    h("img", { src: "static/icon.svg", alt: "", width: 30, height: 30 }),
    h("h1", {}, h("bdi", {}, board?.class ?? "Striate")), parts.count,
    h("button", { id: "presentation", "aria-pressed": String(isPresenting()), on: { click: () => void present(!isPresenting()) } },
      t("class.large")),
    languageSelect(() => {
      parts = makeParts();
      frame();
      if (board) show(board);
      draw();
    }));
  replaceChildren(view, parts.controls.element, parts.invitation.element, parts.wall.element, parts.matrix.element);
}

/** @param {boolean} on */
async function present(on) {
  await setPresenting(on);
  document.getElementById("presentation")?.setAttribute("aria-pressed", String(on));
}

const update = repeat(async () => {
  try {
    show(await request(`board?since=${encodeURIComponent(board?.version ?? "")}`));
    if (isGone) clearError();
    isGone = false;
  } catch (error) {
    isGone = true;
    showError(error instanceof RequestError && error.status === 401 ? new Error(t("class.key")) : error);
    throw error;
  }
}, INTERVAL);

takeKey();
addEventListener("hashchange", () => {
  takeKey();
  void update();
});
watchFullscreen(() => void present(false));
setLanguage(language(), { keep: false });
frame();
await update();
