/**
 * The state of the page as the fragment of an address: `#layers?lang=en&model=lenet5&picture=digit:4&layer=C3&unit=2,5,5`.
 *
 * FIELDS says for each view which fields of its state stand in the address. To add one, add a line: `field(part, key, kind)`
 * for a value of a part of the state, where a kind of lib/link-values.js says how it is written and checked; `step(...)` around it
 * if a change of it is a step of the browser's Back; or any `{ write, read }`: `write` returns the text, null for nothing;
 * `read` gets the text, null if the address has none, and the other parameters, and sets the state, by null to what it is at
 * first. It never fails: what is wrong is ignored. A value that only the server can check (a row, a class, a run) is checked
 * by the view when the server's answer is there. Views call nothing: lib/history.js writes the address after all that a
 * person does, and after `setState`. The fields of an instrument, `#instruments/NAME`, stand in views/instruments/NAME/state.js,
 * which is loaded when it is opened.
 */

import { decodeJson, encodeJson } from "./base64url.js";
import { isKeptAt } from "./edited-table.js";
import { language, LANGUAGES, setLanguage, t } from "./i18n.js";
import { field, FLAG, KERNEL, NAME, NAMES, number, oneOf, step, whole, wholes } from "./link-values.js";
import { samplesOf } from "./samples.js";
import { chooseModel, currentPicture, setPad, state } from "./state.js";
import { copyStrokes, decodeStrokes, drawingName, DRAWINGS, encodeStrokes } from "./strokes.js";
import { difference } from "./table-difference.js";
import { loadValidationPicture, validationName } from "./validation-picture.js";

/** @import { Language, LinkField, Photo } from "./types.d.ts" */

const MAX_LENGTH = 200_000; // letters of an address that are read
const MAX_TABLE = 20_000; // of a table in an address
const MAX_PHOTOS = 4; // of the user's own that Back finds again
const PEN = state.draw.pen;
const EMPTY = "none"; // of the strokes on a pad that was cleared

/** The instruments in the order in which the page shows them. */
export const INSTRUMENTS = ["overlap", "learned-filter", "pooling", "lrn", "dropout", "augmentation", "residual", "gradient-flow"];

/** @type {Record<string, Record<string, LinkField>>} */
const FIELDS = {
  draw: {
    layer: step({ write: () => state.network.path, read: (text) => {
      Object.assign(state.network, { model: state.model, path: NAME.read(text) ?? "" });
    } }),
    unit: step(field(state.network, "unit", wholes([1, 3], 1e6))),
    input: field(state.network, "input", whole(1e6)),
    open: { write: () => NAMES.write([...state.network.unfolded]), read: (text) => {
      state.network.unfolded = new Set(NAMES.read(text));
    } },
  },
  layers: {
    layer: step({ write: () => state.layers.path, read: (text) => {
      Object.assign(state.layers, { model: state.model, path: NAME.read(text) ?? "", animating: false });
    } }),
    unit: step(field(state.layers, "unit", wholes([1, 3], 1e6))),
    input: field(state.layers, "input", whole(1e6)),
  },
  stress: {
    sweep: field(state.stress, "sweep", oneOf(["shift", "scale", "rotation", "thickness", "noise"])),
    shift: amount("shift"),
    scale: amount("scale", 1),
    rotation: amount("rotation"),
    thickness: amount("thickness"),
    noise: amount("noise"),
  },
  table: {
    source: step({ write: () => state.table.source, read: readTable }),
    own: { write: () => (state.table.source.startsWith("file:") ? shortJson(state.table.original?.table) : null), read: () => {} },
    edits: { write: writeEdits, read: () => {} },
    with: { write: () => state.table.second.source, read: (text) => {
      state.table.second = { source: NAME.read(text) ?? "", table: null };
    } },
  },
  train: {
    run: step(field(state.train, "run", NAME)),
    data: field(state.train, "data", NAME),
    compare: { write: () => NAMES.write([...state.train.compared]), read: (text) => {
      state.train.compared = new Set(NAMES.read(text));
    } },
    watched: field(state.train, "picture", oneOf(/** @type {const} */ (["mine", "validation"]))),
    snapshot: field(state.train, "snapshot", whole(1e12)),
    matrix: field(state.train, "matrix", FLAG),
    cell: step(field(state.train, "cell", wholes([2], 1e6))),
  },
  filters: {
    kernel: { write: () => (state.filters.name === "own" ? KERNEL.write(state.filters.kernel ?? []) : state.filters.name), read: (text) => {
      const kernel = KERNEL.read(text);
      const name = kernel ? "own" : (text !== "own" && NAME.read(text)) || "sobel_x";
      Object.assign(state.filters, { name, kernel });
    } },
    stride: field(state.filters, "stride", oneOf(["1", "2", "3", "4"])),
    padding: field(state.filters, "padding", oneOf(["valid", "same", "1", "2", "3", "4", "5", "6", "7", "8"])),
    channel: field(state.filters, "channel", oneOf(["gray", "red", "green", "blue"])),
    side: field(state.filters, "side", oneOf(["32", "64", "128", "256"])),
    at: field(state.filters, "position", wholes([2], 512)),
  },
  cortex: {
    layer: step({ write: () => state.cortex.path, read: (text) => {
      Object.assign(state.cortex, { model: state.model, rows: [], path: NAME.read(text) ?? "" });
    } }),
    unit: step(field(state.cortex, "unit", whole(1e6))),
    width: { write: () => state.cortex.width, read: (text) => {
      state.cortex.width = number(0.5, 1e4).read(text) ?? 0;
    } },
    contrast: field(state.cortex, "contrast", oneOf(/** @type {const} */ (["light", "dark"]))),
    position: field(state.cortex, "position", number(-1e4, 1e4)),
    orientation: field(state.cortex, "orientation", whole(35)),
    order: field(state.cortex, "order", oneOf(/** @type {const} */ (["number", "selectivity"]))),
  },
  why: {
    class: step({ write: () => state.why.class, read: (text) => {
      Object.assign(state.why, { model: state.model, picture: currentPicture(), class: whole(1e6).read(text) });
    } }),
    other: step(field(state.why, "other", whole(1e6))),
    opacity: field(state.why, "opacity", number(0, 1)),
    depth: field(state.why, "depth", oneOf([20, 32, 44, 56])),
  },
  instruments: {},
  lessons: {
    lesson: step(field(state.lessons, "lesson", whole(99, 1))),
    exercise: step(field(state.lessons, "exercise", whole(9, 1))),
    seed: step(field(state.lessons, "seed", whole(999_999))),
    claim: step(field(state.lessons, "claim", NAME)),
  },
};

/** The user's own photos, which no link can carry; in this tab Back finds them again. @type {Photo[]} */
const ownPhotos = [];

/**
 * The view of an address, and its parameters; null for those of an address that only names a view.
 * @param {string} hash
 * @returns {{ view: string, parameters: Map<string, string> | null }}
 */
export function parseLink(hash) {
  const [name, query] = hash.slice(0, MAX_LENGTH).replace(/^#/, "").split(/\?(.*)/s);
  const view = isView(name) ? name : name.startsWith("instruments/") ? "instruments" : "draw";
  if (query === undefined) return { view, parameters: null };
  const pairs = query.split("&").map((pair) => pair.split("=", 2).map(decode));
  return { view, parameters: new Map(/** @type {[string, string][]} */ (pairs.filter((pair) => pair.length === 2))) };
}

/** The name of an instrument; null for a view that is none. @param {string} view */
export const instrumentOf = (view) => INSTRUMENTS.find((name) => view === `instruments/${name}`) ?? null;

/** @param {string} name */
const isView = (name) => Object.prototype.hasOwnProperty.call(FIELDS, name) || instrumentOf(name) !== null;

/** Load the fields of an instrument; without the server's answer it has none yet. @param {string} view */
async function loadFields(view) {
  const instrument = instrumentOf(view);
  if (!instrument || FIELDS[view]) return;
  await import(`../views/instruments/${instrument}/state.js`).then(({ FIELDS: fields }) => (FIELDS[view] = fields), () => {});
}

/** The state as the fragment of an address. @param {string} view @returns {string} */
export function linkOf(view) {
  if (!FIELDS[view]) return location.hash;
  const fields = Object.entries(FIELDS[view]).map(([name, { initial, write }]) => {
    const text = write();
    return [name, text === initial ? null : text];
  });
  const pairs = [["lang", language()], ["model", state.model], ...writePicture(), ...fields]
    .filter(([, text]) => text !== null && text !== "")
    .map(([name, text]) => `${name}=${encode(String(text))}`);
  return `#${view}?${pairs.join("&")}`;
}

/**
 * Set the state to that of an address, when the models are loaded. Without parameters the state stays as it is.
 * @param {string} hash
 * @returns {Promise<string>} what it asks for and this page does not have, for the reader; else ""
 */
export async function readLink(hash) {
  const { view, parameters } = parseLink(hash);
  await loadFields(view);
  if (!parameters) return "";
  const textOf = (/** @type {string} */ name) => parameters.get(name) ?? null;
  readLanguage(textOf("lang"));
  const model = NAME.read(textOf("model"));
  const exists = state.models.some(({ name }) => name === model);
  if (model && exists && model !== state.model) await chooseModel(model);
  const hasPhoto = readPicture(textOf, await loadValidationPicture(textOf("picture")));
  const isKept = isKeptAt(hash) && view === "table";
  if (!isKept) for (const [name, { read }] of Object.entries(FIELDS[view] ?? {})) read(textOf(name), textOf);
  if (model && !exists && state.models.length) return t("link.model", { model });
  return hasPhoto ? "" : t("link.photo");
}

/** Whether a change of a parameter is a step of Back. @param {string} view @param {string} name */
export const isStep = (view, name) => name === "model" || Boolean(FIELDS[view]?.[name]?.step);

/** What of the state the link leaves out. @param {string} view @returns {{ photo: boolean, table: boolean }} */
export const missingIn = (view) => ({
  photo: Boolean(state.draw.photo && isOwn(state.draw.photo)),
  table: view === "table" && isTooLong(),
});

/** @param {string | null} text */
function readLanguage(text) {
  if (text && Object.keys(LANGUAGES).includes(text)) setLanguage(/** @type {Language} */ (text), { keep: false });
}

/** The picture: a drawing of the page or a sample by its name, a photo of the user's own by its number in this tab; strokes. */
function writePicture() {
  const { picture, strokes, draw: { photo, pen } } = state;
  if (!picture) return [];
  const drawing = photo ? "" : drawingName(strokes);
  const name = photo ? photoName(photo) : drawing;
  /** @type {[string, string | null][]} */
  const pairs = [["picture", name], ["strokes", drawing || (photo && !strokes.length) ? null : encodeStrokes(strokes) || EMPTY]];
  return [...pairs, ["pen", pen === PEN ? null : String(pen)]];
}

/**
 * @param {(name: string) => string | null} textOf
 * @param {Photo | null} validation the validation picture of a run that the address names
 * @returns {boolean} false for a photo that this tab does not have
 */
function readPicture(textOf, validation) {
  const [kind, name] = (textOf("picture") ?? "").split(/:(.*)/s);
  const drawing = textOf("strokes");
  const strokes = DRAWINGS.get(`${kind}:${name}`) ?? (drawing === EMPTY ? [] : drawing && decodeStrokes(drawing));
  const photo = kind === "sample" ? samplesOf(state.samples).find((sample) => sample.name === name)
    : kind === "own" ? ownPhotos[whole(1e6).read(name) ?? -1] : validation;
  state.draw.pen = whole(16, 2).read(textOf("pen")) ?? PEN;
  if (strokes || photo) setPad({ photo: photo ?? null, strokes: copyStrokes(strokes || []) });
  return (kind !== "own" && kind !== "validation") || Boolean(photo);
}

/** @param {Photo} photo */
const photoName = (photo) =>
  photo.validation ? validationName(photo.validation) : isOwn(photo) ? `own:${numberOf(photo)}` : `sample:${photo.name}`;

/** @param {Photo} photo */
const isOwn = (photo) => !("licence" in photo) && !photo.validation;

/** @param {Photo} photo */
function numberOf(photo) {
  if (!ownPhotos.includes(photo)) ownPhotos.push(photo);
  delete ownPhotos[ownPhotos.length - 1 - MAX_PHOTOS];
  return ownPhotos.indexOf(photo);
}

/** An amount of Stress. @param {string} name @param {number} [neutral] @returns {LinkField} */
function amount(name, neutral = 0) {
  const kind = number(-1000, 1000);
  return {
    initial: kind.write(neutral),
    write: () => kind.write(state.stress.amounts[name] ?? neutral),
    read: (text) => {
      state.stress.amounts[name] = kind.read(text) ?? neutral;
    },
  };
}

/** The edits of the table as changes of what was opened. */
function writeEdits() {
  const { original, table } = state.table;
  const changes = original ? difference(original.table, table) : [];
  return changes.length ? shortJson(changes) : null;
}

/** Whether the table is too long for an address. */
function isTooLong() {
  const { source, original, table } = state.table;
  if (!original) return false;
  const changed = difference(original.table, table);
  return (changed.length > 0 && !shortJson(changed)) || (source.startsWith("file:") && !shortJson(original.table));
}

/** @param {unknown} document @returns {string | null} null for none, and for one that is too long for an address */
function shortJson(document) {
  const text = document === undefined ? "" : encodeJson(document);
  return text.length <= MAX_TABLE ? text : null;
}

/**
 * The table of an address, for the view to open; none if it is the present one.
 * @param {string | null} source
 * @param {(name: string) => string | null} textOf
 */
function readTable(source, textOf) {
  const [edits, own] = [textOf("edits"), textOf("own")];
  const isPresent = source === state.table.source && edits === writeEdits();
  const linked = NAME.read(source) && { source: String(source), own: decodeJson(own ?? "") ?? null, edits: decodeJson(edits ?? "") ?? [] };
  state.table.linked = isPresent || !linked ? null : linked;
}

/** @param {string} text */
const encode = (text) => encodeURIComponent(text).replace(/%(?:2C|2F|3A|3B)/g, decodeURIComponent);

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
