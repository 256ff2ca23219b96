/** Play, and steps by hand, through the places of an instrument. Without motion there are the steps alone. */

import { h } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";
import { reducedMotion } from "../../lib/motion.js";

/**
 * @param {{ at: () => number, count: () => number, interval: () => number, go: (at: number) => void }} places where it is,
 * how many there are, the milliseconds between two, and how it goes to one
 * @returns {{ element: HTMLElement, stop: () => void }}
 */
export function player({ at, count, interval, go }) {
  /** @type {number | undefined} */
  let timer;
  const play = h("button", { class: "primary play", on: { click: () => (timer === undefined ? start() : stop()) } }, t("player.play"));

  function start() {
    go(at() < count() - 1 ? at() : 0);
    play.textContent = t("player.pause");
    timer = setInterval(() => {
      if (at() < count() - 1) go(at() + 1);
      if (at() >= count() - 1) stop();
    }, interval());
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = t("player.play");
  }

  /** @param {number} by */
  function step(by) {
    stop();
    go(Math.min(count() - 1, Math.max(0, at() + by)));
  }

  return {
    element: h("div", { class: "toolbar player", role: "group", "aria-label": t("player.label") },
      reducedMotion() ? null : play,
      h("button", { "aria-label": t("player.back"), title: t("player.back"), on: { click: () => step(-1) } }, "←"),
      h("button", { "aria-label": t("player.next"), title: t("player.next"), on: { click: () => step(1) } }, "→")),
    stop,
  };
}
