/** The kernels of a convolution, or its maps, beside each other. */

import { decodeBase64, diverging, paintImage, paintMap } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Kernels, StringKey } from "../../lib/types.d.ts" */

/**
 * @param {StringKey} [label] for screen readers
 * @returns {{ element: HTMLElement, show: (title: string, kernels: Kernels) => void }}
 */
export function kernelRow(label = "train.kernels.label") {
  const heading = h("h3");
  const row = h("div", { class: "kernels", role: "img" });
  const more = h("p", { class: "muted" });
  let painted = "";
  return {
    element: h("section", {}, heading, row, more),
    show(title, kernels) {
      heading.textContent = title;
      row.setAttribute("aria-label", t(label, { title, count: kernels.count, size: kernels.size.join("×") }));
      more.textContent = kernels.of > kernels.count ? t("maps.more", { count: kernels.of - kernels.count }) : "";
      if (painted === kernels.maps) return;
      painted = kernels.maps;
      if (row.childElementCount !== kernels.count) {
        replaceChildren(row, Array.from({ length: kernels.count }, () => document.createElement("canvas")));
      }
      const [data, [height, width]] = [decodeBase64(kernels.maps), kernels.size];
      const length = kernels.channels * height * width;
      /** @type {HTMLCanvasElement[]} */ ([...row.children]).forEach((canvas, i) =>
        kernels.channels === 3
          ? paintImage(canvas, data.subarray(i * length), [3, height, width])
          : paintMap(canvas, data, kernels.size, diverging, i * length));
    },
  };
}
