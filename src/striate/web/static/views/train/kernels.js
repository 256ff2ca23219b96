/** The kernels of a convolution, side by side. */

import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/language.js";
import { bytes, paint, paintPicture, signed } from "../../lib/pixels.js";

/** @typedef {import("../train.js").Kernels} Kernels */

/**
 * A row of kernels below a title, painted anew when they are others.
 * @returns {{ element: HTMLElement, show: (title: string, kernels: Kernels) => void }}
 */
export function kernelRow() {
  const title = h("h3");
  const row = h("div", { class: "kernels", role: "img" });
  const more = h("p", { class: "quiet" });
  let shown = "";
  return {
    element: h("section", {}, title, row, more),
    show(name, kernels) {
      title.textContent = name;
      row.setAttribute("aria-label", t("train.kernels.label", { title: name, count: kernels.count, size: kernels.size.join("×") }));
      more.textContent = kernels.of > kernels.count ? t("maps.more", { count: kernels.of - kernels.count }) : "";
      if (shown === kernels.maps) return;
      shown = kernels.maps;
      if (row.childElementCount !== kernels.count) fill(row, Array.from({ length: kernels.count }, () => document.createElement("canvas")));
      const [data, [height, width]] = [bytes(kernels.maps), kernels.size];
      const numbers = kernels.channels * height * width;
      /** @type {HTMLCanvasElement[]} */ ([...row.children]).forEach((canvas, i) =>
        kernels.channels === 3
          ? paintPicture(canvas, data.subarray(i * numbers), [3, height, width])
          : paint(canvas, data, height, width, signed, i * numbers));
    },
  };
}
