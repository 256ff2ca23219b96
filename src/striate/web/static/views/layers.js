/** Layers: every row's maps, and one unit of them: what it sees of the picture, its kernel at work, its arithmetic. */

import { latest, postPicture } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { t } from "../lib/language.js";
import { every, mapRows } from "../lib/maps.js";
import { notice } from "../lib/notice.js";
import { bytes, paintPicture } from "../lib/pixels.js";
import { lens, state, watch } from "../lib/state.js";
import { board } from "./layers/board.js";
import { picker } from "./layers/picker.js";
import { slide } from "./layers/slide.js";
import { sum } from "./layers/sum.js";
import { overhang, spans, strongestInput, windowOf } from "./layers/unit.js";

/** @typedef {import("../lib/maps.js").RowMaps} RowMaps */
/** @typedef {import("./layers/unit.js").Unit} Unit */

/** What a person chose; it outlives the view. `unit` and `input` are null until the server has named the strongest. */
const kept = {
  model: "",
  path: "",
  unit: /** @type {number[] | null} */ (null),
  input: /** @type {number | null} */ (null),
  whole: /** @type {Set<string>} */ (new Set()),
  sliding: false,
  speed: 8,
};

/**
 * @param {HTMLElement} root
 * @returns {() => void}
 */
export function mount(root) {
  /** @type {{ picture: import("../lib/state.js").Picture, size: number[], rows: RowMaps[] } | null} */
  let seen = null;
  /** @type {Unit | null} */
  let found = null;
  let slid = "";
  let gone = false;

  const choice = picker({ row: named, unit: move, strongest: () => choose(kept.path, null) });
  const field = board("field");
  const fieldSays = h("figcaption", {});
  const sliding = slide(kept, move);
  const arithmetic = sum((input) => {
    kept.input = input;
    void follow();
  });
  const rows = mapRows({ choose: clicked, whole: (row) => void whole(row.path) });
  const bench = h("div", { class: "bench" },
    h("section", { class: "card", "aria-label": t("layers.chosen") },
      choice.element,
      h("div", { class: "boards" }, h("figure", {}, field.element, fieldSays), sliding.figures),
      sliding.element),
    h("section", { class: "card", "aria-label": t("layers.arithmetic") }, arithmetic.element));

  fill(root,
    h("h1", { class: "hidden" }, t("view.layers")),
    h("p", { class: "lead" }, t("layers.why"), " ", h("a", { href: "#draw" }, t("layers.picture"))),
    h("div", { class: "split" }, bench,
      h("section", { class: "card" }, h("h2", {}, t("layers.rows")), h("p", { class: "quiet" }, t("layers.rows.why")), rows.element)));

  /** The picture's way through the network, and the unit that was chosen before, or else the first row's strongest. */
  const load = latest(async () => {
    root.dataset.behind = "";
    try {
      const [model, picture] = [state.model, lens()];
      const answer = await postPicture("layers", picture.blob, { model });
      if (gone || model !== state.model) return;
      if (kept.model !== model) Object.assign(kept, { model, path: "", whole: new Set() });
      seen = { picture, size: answer.input.shape.slice(1), rows: every(answer.rows) };
      found = null;
      slid = "";
      paintPicture(field.canvas, bytes(answer.input.pixels), answer.input.shape);
      rows.show(answer.rows, model);
      choice.rows(seen.rows);
      for (const path of kept.whole) void whole(path);
      const row = seen.rows.find(({ path }) => path === kept.path);
      const there = row && kept.unit?.length === row.shape.length && kept.unit.every((at, axis) => at < row.shape[axis]);
      if (!there) Object.assign(kept, { path: row?.path ?? seen.rows[0].path, unit: null, input: null, sliding: false });
      await follow();
    } catch (error) {
      delete root.dataset.behind;
      notice(error);
    }
  });

  /** Work the unit out; its window's maps come with it when they are others. */
  const ask = latest(async () => {
    if (!seen) return;
    const { model, path } = kept;
    const { blob } = seen.picture;
    const chosen = { ...(kept.unit ? { unit: kept.unit.join() } : {}), ...(kept.input === null ? {} : { input: kept.input }) };
    try {
      const answer = await postPicture("unit", blob, { model, path, ...chosen });
      if (!isOf(model, path, answer.unit[0])) return;
      kept.unit ??= /** @type {number[]} */ (answer.unit);
      kept.input ??= strongestInput(answer);
      await slideOver(answer, blob);
      if (isOf(model, path, answer.unit[0])) show(answer);
    } catch (error) {
      notice(error);
    }
  });

  /** Whether what came is still asked for. @type {(model: string, path: string, map: number) => boolean} */
  const isOf = (model, path, map) =>
    !gone && model === kept.model && path === kept.path && (kept.unit === null || kept.unit[0] === map);

  /** The page says of itself while it is behind. */
  async function follow() {
    root.dataset.behind = "";
    await ask();
    delete root.dataset.behind;
  }

  /**
   * The maps that a unit's kernel slides over, if one does and others are there.
   * @param {Unit} unit
   * @param {Blob} blob
   */
  async function slideOver(unit, blob) {
    const { model, path, input } = kept;
    const slides = unit.window !== null && unit.output.length === 3 && input !== null;
    for (const part of [sliding.element, ...sliding.figures]) part.hidden = !slides;
    const key = `${model} ${path} ${unit.unit[0]} ${input}`;
    if (!slides || key === slid) return;
    const maps = await postPicture("slide", blob, { model, path, map: unit.unit[0], input });
    if (!isOf(model, path, unit.unit[0])) return;
    sliding.load(unit, input, maps);
    slid = key;
  }

  /** @param {Unit} unit */
  function show(unit) {
    found = unit;
    const size = /** @type {[number, number]} */ (seen?.size ?? [1, 1]);
    field.fit({ size, ...overhang(unit.field, size, unit.output.slice(1)) });
    arithmetic.show(unit, kept.input);
    place();
  }

  /** What follows a unit at once, before its arithmetic is there. */
  function place() {
    if (!found || !kept.unit || found.path !== kept.path) return;
    choice.show(found.path, kept.unit, found.output);
    rows.mark(found.path, kept.unit[0]);
    sliding.place(found, kept.unit);
    const box = windowOf(found.field, kept.unit);
    const says = t("layers.field", { size: `${box.height}×${box.width}`, ...spans(box) });
    field.mark(box, says);
    fieldSays.textContent = says;
  }

  /**
   * @param {string} path
   * @param {number[] | null} unit null for the strongest
   */
  function choose(path, unit) {
    sliding.stop();
    Object.assign(kept, { path, unit, input: null, sliding: false });
    void follow();
    return rows.mark(path, unit?.[0] ?? -1);
  }

  /** By its name: its maps may be far away. @param {string} path */
  function named(path) {
    const section = choose(path, null);
    if (wide()) section?.scrollIntoView({ block: "center" });
  }

  /** @type {(row: RowMaps, map: number, place: [number, number] | null) => void} */
  function clicked({ path, shape }, map, at) {
    const now = path === kept.path && kept.unit ? kept.unit.slice(1) : shape.slice(1).map((cells) => Math.floor(cells / 2));
    choose(path, shape.length === 1 ? [map] : [map, ...(at ?? now)]);
    if (!wide()) bench.scrollIntoView();
  }

  /** Another unit of the same row. @param {number[]} unit */
  function move(unit) {
    if (unit[0] !== kept.unit?.[0]) return void choose(kept.path, unit);
    kept.unit = unit;
    place();
    void follow();
  }

  /** @param {string} path */
  async function whole(path) {
    const own = seen;
    if (!own) return;
    kept.whole.add(path); // for the next picture too
    try {
      const row = await postPicture("row", own.picture.blob, { model: kept.model, path });
      if (gone || own !== seen) return; // of another picture, or of another model's row of this path
      rows.replace(row);
      if (kept.path === path && kept.unit) rows.mark(path, kept.unit[0]);
    } catch (error) {
      notice(error);
    }
  }

  let picture = lens();
  let { model } = state;
  const end = watch(() => {
    if (state.model === model && lens() === picture) return;
    ({ model } = state);
    picture = lens();
    void load();
  });
  void load();
  return () => {
    gone = true;
    sliding.stop();
    end();
    delete root.dataset.behind;
  };
}

/** Whether bench and rows stand side by side. */
const wide = () => matchMedia("(min-width: 1001px)").matches;
