/** The colours of signed values from the smallest to the largest, with their numbers. */

import { diverging, paintMap } from "./canvas.js";
import { h } from "./dom.js";
import { formatNumber, t } from "./i18n.js";

/**
 * @returns {{ element: HTMLElement, show: (scale: number | null) => void }} null: of rows with different scales
 */
export function colorBar() {
  const canvas = h("canvas", { role: "img", "aria-label": t("maps.colors") });
  paintMap(canvas, Uint8Array.from({ length: 255 }, (_, i) => i + 1), [1, 255], diverging);
  const [least, most] = [h("span", {}), h("span", {})];
  const element = h("div", { class: "color-bar number" }, least, canvas, most);
  return {
    element,
    show(scale) {
      const value = scale === null ? t("maps.largest") : formatNumber(scale, { maximumSignificantDigits: 3 });
      least.textContent = `−${value}`;
      most.textContent = `+${value}`;
    },
  };
}
