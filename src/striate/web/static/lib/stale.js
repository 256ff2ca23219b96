/** Answers are grayed while the server is gone, since they are old; when it is back, the view is shown anew. */

import { ANSWERED, GONE } from "./api.js";
import { t } from "./i18n.js";
import { clearError, showError } from "./notice.js";

const INTERVAL = 2000; // milliseconds between two questions whether it is back

/**
 * Follow whether the server answers.
 * @param {() => void} onBack
 */
export function followServer(onBack) {
  const page = document.documentElement;
  /** @type {number | undefined} */
  let timer;

  addEventListener(GONE, () => {
    page.dataset.stale = "";
    timer ??= setTimeout(ask, INTERVAL);
  });
  addEventListener(ANSWERED, () => {
    if (page.dataset.stale === undefined) return;
    delete page.dataset.stale;
    clearError();
    clearTimeout(timer);
    timer = undefined;
  });

  async function ask() {
    const isBack = await fetch("healthz", { cache: "no-store" }).then(({ ok }) => ok, () => false);
    if (timer === undefined) return; // another request was answered
    timer = isBack ? undefined : setTimeout(ask, INTERVAL);
    if (isBack) onBack();
    else showError(t("page.stale")); // it stays until then
  }
}
