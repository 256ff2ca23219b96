/**
 * The confusion matrix of a run's validation pictures. A cell shows its pictures, and a picture opens in Why. It belongs to the
 * moment of the replay: the slider moves it.
 */

import { get } from "../../lib/api.js";
import { coalesce } from "../../lib/coalesce.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { formatNumber, formatPercent, t } from "../../lib/i18n.js";
import { showError } from "../../lib/notice.js";
import { chooseModel, setPad, state } from "../../lib/state.js";
import { toPhoto, validationFile } from "../../lib/validation-picture.js";

/** @import { CellPicture, ConfusionMatrix, RunDetail } from "../../lib/types.d.ts" */

const MAX_CLASSES = 40; // of a matrix; of more the most frequent mistakes are listed
const MAX_LISTED = 50;

/** @returns {{ element: HTMLElement, show: (run: RunDetail) => void, update: () => void }} */
export function confusionCard() {
  const settings = state.train;
  const about = h("p", { class: "muted", role: "status" });
  const table = h("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": t("train.confusion") });
  const pictures = h("section", { hidden: true, "aria-live": "polite" });
  const element = h("details", { class: "train-confusion", hidden: true, open: settings.matrix, on: { toggle: () => {
    settings.matrix = element.open;
    update();
  } } }, h("summary", {}, t("train.confusion")), h("p", { class: "muted" }, t("train.confusion.why")), about, table, pictures);
  /** @type {RunDetail | null} */
  let run = null;
  /** What is shown: the model's name and its epoch. */
  let key = "";
  /** The addresses of the pictures that are shown. @type {string[]} */
  let addresses = [];

  /** The model of the moment that the replay shows. */
  const modelName = () => `runs/${run?.name}${settings.snapshot === null ? "" : `/${settings.snapshot}`}`;

  const load = coalesce(async () => {
    const [model, wanted] = [modelName(), `${modelName()} ${run?.done}`];
    if (!element.open || element.hidden || wanted === key) return;
    element.setAttribute("aria-busy", "true");
    if (!key) about.textContent = t("train.confusion.waiting");
    try {
      const matrix = await get("confusion", { model });
      key = wanted;
      showMatrix(matrix);
      await showCell(matrix);
    } catch (error) {
      about.textContent = error instanceof Error ? error.message : String(error);
      key = "";
      replaceChildren(table);
      pictures.hidden = true;
    } finally {
      element.setAttribute("aria-busy", "false");
    }
  });

  /** @param {ConfusionMatrix} matrix */
  function showMatrix(matrix) {
    const [images, of] = [formatNumber(matrix.images), formatNumber(matrix.of)];
    about.textContent = t(matrix.images < matrix.of ? "train.confusion.some" : "train.confusion.all",
      { images, of, accuracy: formatPercent(matrix.accuracy) });
    replaceChildren(table, matrix.classes.length > MAX_CLASSES ? listOf(matrix) : tableOf(matrix));
  }

  /** @param {ConfusionMatrix} matrix */
  function tableOf(matrix) {
    const counts = new Map(matrix.cells.map(([true_, predicted, count]) => [`${true_} ${predicted}`, count]));
    const sums = matrix.classes.map((_, row) => matrix.cells.reduce((sum, cell) => sum + (cell[0] === row ? cell[2] : 0), 0));
    return h("table", {}, h("caption", {}, t("train.confusion.axes")),
      h("thead", {}, h("tr", {}, h("td"), matrix.classes.map((name) => h("th", { scope: "col", title: name }, name)))),
      h("tbody", {}, matrix.classes.map((name, row) => h("tr", {}, h("th", { scope: "row", title: name }, name),
        matrix.classes.map((_, column) => {
          const count = counts.get(`${row} ${column}`);
          const cell = h("td", { class: row === column ? "right" : "wrong" }, count ? cellButton(matrix, row, column, count) : "·");
          cell.style.setProperty("--share", String((count ?? 0) / (sums[row] || 1)));
          return cell;
        })))));
  }

  /** @param {ConfusionMatrix} matrix */
  function listOf(matrix) {
    const wrong = matrix.cells.filter(([true_, predicted]) => true_ !== predicted).slice(0, MAX_LISTED);
    return h("table", {}, h("thead", {}, h("tr", {}, ["train.confusion.true", "train.confusion.predicted", "train.confusion.images"]
      .map((label) => h("th", { scope: "col" }, t(/** @type {"train.confusion.true"} */ (label)))))),
    h("tbody", {}, wrong.map(([true_, predicted, count]) => h("tr", {}, h("td", {}, matrix.classes[true_]),
      h("td", {}, matrix.classes[predicted]), h("td", {}, cellButton(matrix, true_, predicted, count))))));
  }

  /**
   * @param {ConfusionMatrix} matrix
   * @param {number} row
   * @param {number} column
   * @param {number} count
   */
  function cellButton(matrix, row, column, count) {
    const label = t("train.confusion.cell", { true: matrix.classes[row], predicted: matrix.classes[column], images: formatNumber(count) });
    return h("button", { class: "cell", "aria-label": label, "aria-pressed": String(isChosen(row, column)), "data-cell": `${row},${column}`,
      on: { click: () => {
        settings.cell = isChosen(row, column) ? null : [row, column];
        showCell(matrix).catch(showError);
      } } }, formatNumber(count));
  }

  /** @param {number} row @param {number} column */
  const isChosen = (row, column) => settings.cell?.[0] === row && settings.cell[1] === column;

  /** The pictures of the chosen cell. @param {ConfusionMatrix} matrix */
  async function showCell(matrix) {
    for (const button of table.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.cell === settings.cell?.join()));
    }
    const [row, column] = settings.cell ?? [];
    if (row === undefined || !matrix.classes[row] || !matrix.classes[column]) {
      pictures.hidden = true;
      return;
    }
    const [requested, name] = [key, run?.name ?? ""];
    const { images, pictures: shown } = await get("confusion/pictures", { model: modelName(), true: row, predicted: column });
    if (requested !== key || !isChosen(row, column)) return;
    for (const address of addresses) URL.revokeObjectURL(address);
    addresses = shown.map(({ content }) => URL.createObjectURL(validationFile(content)));
    const title = t("train.confusion.cell", { true: matrix.classes[row], predicted: matrix.classes[column], images: formatNumber(images) });
    const more = images - shown.length;
    replaceChildren(pictures, h("h3", {}, title),
      h("div", { class: "cell-pictures" }, shown.map((one, i) => figure(one, addresses[i], name, matrix.classes[column]))),
      more ? h("p", { class: "muted" }, t("train.confusion.more", { images: formatNumber(more) })) : null);
    pictures.hidden = false;
  }

  return {
    element,
    show: (shown) => {
      if (run?.name !== shown.name) key = "";
      run = shown;
      element.hidden = !shown.model || Boolean(globalThis.striatePage); // a page in one file keeps no data
      update();
    },
    update,
  };

  function update() {
    void load();
  }
}

/**
 * @param {CellPicture} picture
 * @param {string} address
 * @param {string} run
 * @param {string} predicted
 */
function figure(picture, address, run, predicted) {
  const name = picture.name ?? t("train.confusion.picture", { number: formatNumber(picture.image) });
  return h("figure", {}, h("img", { src: address, alt: name }),
    h("figcaption", {}, h("span", {}, name),
      h("span", {}, t("prediction.top", { class: predicted, probability: formatPercent(picture.probability) })),
      h("button", { on: { click: () => void openWhy(picture, run).catch(showError) } }, t("train.confusion.open"))));
}

/** Make a picture that of the page, with the model of its run, and go to Why. @param {CellPicture} picture @param {string} run */
async function openWhy(picture, run) {
  const photo = await toPhoto(picture, run);
  await chooseModel(`runs/${run}`);
  setPad({ photo, strokes: [] });
  location.hash = "#why";
}
