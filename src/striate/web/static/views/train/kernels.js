/** Kernels or maps beside each other; kernels also below their start, with the difference. */

import { decodeBase64, diverging, paintImage, paintMap } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { t } from "../../lib/i18n.js";

/** @import { Kernels, RowMaps, StringKey } from "../../lib/types.d.ts" */

/**
 * @param {StringKey} [label] for screen readers
 * @returns {{ element: HTMLElement, show: (title: string, kernels: Kernels) => void }}
 */
export function kernelRow(label = "train.kernels.label") {
  const [name, more] = [h("span"), h("span", { class: "muted" })];
  const row = h("div", { class: "kernels", role: "img" });
  let painted = "";
  return {
    element: h("section", {}, h("h3", {}, name, " ", more), row),
    show(title, kernels) {
      name.textContent = title;
      row.setAttribute("aria-label", t(label, { title, count: kernels.count, size: kernels.size.join("×") }));
      more.textContent = kernels.of > kernels.count ? t("maps.more", { count: kernels.of - kernels.count }) : "";
      if (painted === kernels.maps + kernels.scale) return;
      painted = kernels.maps + kernels.scale;
      if (row.childElementCount !== kernels.count) {
        replaceChildren(row, Array.from({ length: kernels.count }, () => document.createElement("canvas")));
      }
      paint(row, kernels, decodeBase64(kernels.maps));
    },
  };
}

/**
 * Kernels at their start, now, and the difference, a row each, kernel below kernel. All three are drawn on one scale, so that a
 * small change looks small.
 * @returns {{ element: HTMLElement, show: (row: string, now: string, first: Kernels, present: Kernels) => void }}
 */
export function kernelChange() {
  const rows = Array.from({ length: 3 }, () => ({ heading: h("h3"), row: h("div", { class: "kernels", role: "img" }) }));
  const more = h("p", { class: "muted" });
  let painted = "";
  return {
    element: h("div", { class: "kernel-change" }, rows.map(({ heading, row }) => h("section", {}, heading, row)), more),
    show(path, now, first, present) {
      const titles = [t("train.kernels.first", { row: path }), now, t("train.kernels.change", { row: path })];
      rows.forEach(({ heading, row }, i) => {
        heading.textContent = titles[i];
        const values = { title: titles[i], count: present.count, size: present.size.join("×") };
        row.setAttribute("aria-label", t("train.kernels.label", values));
        if (row.childElementCount !== present.count) {
          replaceChildren(row, Array.from({ length: present.count }, () => document.createElement("canvas")));
        }
      });
      more.textContent = present.of > present.count ? t("maps.more", { count: present.of - present.count }) : "";
      const data = first.maps + present.maps;
      if (painted === data) return;
      painted = data;
      const [start, end] = [first, present].map(valuesOf);
      const scale = Math.max(first.scale, present.scale) || 1;
      [start, end, end.map((value, i) => value - start[i])].forEach((values, i) =>
        paint(rows[i].row, present, Uint8Array.from(values, (value) => byteOf(value / scale))));
    },
  };
}

/** The maps of a row, as `kernelRow` shows them. @param {RowMaps} row @returns {Kernels} */
export const mapsOf = ({ shown, shape, size, maps, scale }) => ({ count: shown, channels: 1, of: shape[0], size, maps, scale });

/** The weights that the bytes stand for. @param {Kernels} kernels */
const valuesOf = ({ maps, scale }) => Float32Array.from(decodeBase64(maps), (byte) => ((byte - 128) / 127) * scale);

/** The byte of a value from -1 to 1. @param {number} value */
const byteOf = (value) => Math.round(128 + 127 * Math.min(1, Math.max(-1, value)));

/**
 * @param {HTMLElement} row its canvases are painted
 * @param {Kernels} kernels
 * @param {Uint8Array} data
 */
function paint(row, { channels, size }, data) {
  const length = channels * size[0] * size[1];
  /** @type {HTMLCanvasElement[]} */ ([...row.children]).forEach((canvas, i) =>
    channels === 3 ? paintImage(canvas, data.subarray(i * length), [3, ...size]) : paintMap(canvas, data, size, diverging, i * length));
}
