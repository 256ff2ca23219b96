/** The wall of drawings, the newest first: what the class says of each, and what the network does. */

import { showDialog } from "../lib/dialog.js";
import { h, replaceChildren } from "../lib/dom.js";
import { formatNumber, t } from "../lib/i18n.js";
import { probabilityBars } from "../lib/probability-bars.js";
import { answerBars, legend, says } from "./parts.js";
import { confirmRemoval } from "./own.js";
import { pictureAddress } from "./requests.js";

/** @import { ClassDrawing } from "../lib/types.d.ts" */

const MOST = 60; // tiles, until all are asked for

/** @param {(id: string) => void} remove */
export function wall(remove) {
  let showsAll = false;
  /** The tiles by the ids of their drawings, each with what it shows. @type {Map<string, { element: HTMLElement, state: string }>} */
  const tiles = new Map();
  const list = h("ul", { class: "tiles" });
  const more = h("button", { class: "more", on: { click: () => {
    showsAll = true;
    again();
  } } });
  const title = h("h2", {}, t("class.wall"));
  const nothing = h("p", { class: "nothing" }, t("class.wall.nothing"));
  let again = () => {};

  /** @param {ClassDrawing} drawing @param {string[]} labels */
  function tile(drawing, labels) {
    const state = JSON.stringify([drawing, labels]);
    const known = tiles.get(drawing.id);
    if (known?.state === state) return known.element;
    const element = known?.element ?? h("li");
    const isAgreed = drawing.label === drawing.answer[0][0];
    element.className = drawing.label === null ? "" : isAgreed ? "agreed" : "differs";
    const hadFocus = element.contains(document.activeElement);
    replaceChildren(element, h("button", { on: { click: () => void showDrawing(drawing, labels, remove) } },
      h("img", { src: pictureAddress(drawing.id), alt: t("class.drawing", { number: formatNumber(drawing.number) }), width: 140,
        height: 140 }),
      h("span", { class: "by" }, h("bdi", {}, drawing.name)),
      h("span", { class: "said" }, says("class", drawing.label === null ? "?" : labels[drawing.label], { short: true }),
        drawing.label === null ? null : says("network", labels[drawing.answer[0][0]], { short: true }))));
    if (hadFocus) element.querySelector("button")?.focus();
    tiles.set(drawing.id, { element, state });
    return element;
  }

  /** @param {ClassDrawing[]} drawings @param {string[]} labels @param {boolean} isChosen whether they are those of a cell */
  function show(drawings, labels, isChosen) {
    again = () => show(drawings, labels, isChosen);
    const newest = [...drawings].reverse().slice(0, showsAll ? undefined : MOST);
    const elements = newest.map((drawing) => tile(drawing, labels));
    elements.forEach((element, i) => {
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
    while (list.children.length > elements.length) list.lastElementChild?.remove();
    const ids = new Set(newest.map(({ id }) => id));
    for (const id of [...tiles.keys()]) if (!ids.has(id)) tiles.delete(id);
    more.hidden = newest.length === drawings.length;
    more.textContent = t("class.wall.more", { count: formatNumber(drawings.length - newest.length) });
    nothing.hidden = drawings.length > 0;
    title.textContent = t(isChosen ? "class.wall.chosen" : "class.wall");
  }

  const head = h("header", {}, title, h("p", { class: "signs" }, legend()));
  return { element: h("section", { class: "card wall" }, head, nothing, list, more), show };
}

/** One drawing, large: the votes, the network's answer, and a button that removes it. @param {ClassDrawing} drawing
 * @param {string[]} labels @param {(id: string) => void} remove */
async function showDrawing({ id, number, name, answer, label, votes }, labels, remove) {
  const bars = probabilityBars(3);
  bars.show(answerBars(answer, labels));
  const counts = Object.entries(votes).sort(([, one], [, other]) => other - one);
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const votesList = h("ul", { class: "votes" }, counts.map(([key, count]) => {
    const bar = h("span", { class: "bar" });
    bar.style.setProperty("--share", String(count / most));
    return h("li", {}, h("b", {}, key === "none" ? t("class.vote.none") : labels[Number(key)]), bar, formatNumber(count));
  }));
  const title = t("class.drawing", { number: formatNumber(number) });
  const { close, closed } = showDialog(name ? `${title} · ${name}` : title, [
    h("div", { class: "one-drawing" },
      h("img", { src: pictureAddress(id), alt: title, width: 280, height: 280 }),
      h("div", { class: "stack" },
        h("h3", {}, t("class.class")), counts.length ? votesList : h("p", { class: "muted" }, t("class.votes.none")),
        h("h3", {}, t("class.network")),
        label === null ? h("p", { class: "muted" }, t("class.network.later")) : bars.element)),
    h("div", { class: "toolbar" }, h("button", { class: "primary", on: { click: () => close() } }, t("link.close")),
      h("button", { id: "remove", on: { click: () => {
        close();
        void confirmRemoval(() => remove(id));
      } } }, t("class.remove"))),
  ]);
  await closed;
}
