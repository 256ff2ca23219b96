/** The difference of two tables as plain data, as short as a link needs it: `applyDifference(a, difference(a, b))` is `b`. */

/**
 * A value set at a place, removed from it (without a third part), or a part of a list replaced: `{ at, count, by }`.
 * @typedef {[place: (string | number)[], value?: unknown] | { in: (string | number)[], at: number, count: number, by: unknown[] }} Change
 */

/**
 * @param {unknown} from
 * @param {unknown} to
 * @param {(string | number)[]} [place]
 * @returns {Change[]} in the order in which they are made
 */
export function difference(from, to, place = []) {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (Array.isArray(from) && Array.isArray(to)) return listDifference(from, to, place);
  if (!isObject(from) || !isObject(to)) return [[place, to]];
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].flatMap((name) =>
    to[name] === undefined ? [/** @type {Change} */ ([[...place, name]])] : difference(from[name], to[name], [...place, name]));
}

/**
 * What both begin and end with stays; of the parts between, lists of one length are compared item by item.
 * @param {unknown[]} from
 * @param {unknown[]} to
 * @param {(string | number)[]} place
 * @returns {Change[]}
 */
function listDifference(from, to, place) {
  const equal = (/** @type {number} */ a, /** @type {number} */ b) => JSON.stringify(from[a]) === JSON.stringify(to[b]);
  const shorter = Math.min(from.length, to.length);
  let [start, end] = [0, 0];
  while (start < shorter && equal(start, start)) start++;
  while (end < shorter - start && equal(from.length - 1 - end, to.length - 1 - end)) end++;
  if (from.length === to.length) {
    return to.slice(start, to.length - end).flatMap((item, i) => difference(from[start + i], item, [...place, start + i]));
  }
  return [{ in: place, at: start, count: from.length - start - end, by: to.slice(start, to.length - end) }];
}

/**
 * @template T
 * @param {T} value
 * @param {unknown} changes from a link, of any form
 * @returns {T | null} a changed copy; null if a change does not fit
 */
export function applyDifference(value, changes) {
  if (!Array.isArray(changes)) return null;
  const root = { value: JSON.parse(JSON.stringify(value)) };
  for (const change of changes) if (!applyChange(root, change)) return null;
  return root.value;
}

/**
 * @param {{ value: unknown }} root changes here
 * @param {any} change
 * @returns {boolean} whether it fits
 */
function applyChange(root, change) {
  const [place, ...value] = Array.isArray(change) ? change : [change?.in];
  if (!Array.isArray(place)) return false;
  /** @type {any} */
  let part = root;
  let key = /** @type {string | number} */ ("value");
  for (const name of place) {
    part = own(part, key);
    if (typeof part !== "object" || part === null || !(Array.isArray(part) ? isIndex(name, part) : isName(name))) return false;
    key = name;
  }
  if (!Array.isArray(change)) {
    const list = own(part, key);
    if (!Array.isArray(list) || !Array.isArray(change.by) || !isIndex(change.at, [...list, 0]) || !(change.count >= 0)) return false;
    list.splice(change.at, change.count, ...change.by);
  } else if (value.length) part[key] = value[0];
  else delete part[key];
  return true;
}

/** @param {any} part @param {string | number} key */
const own = (part, key) => (Object.prototype.hasOwnProperty.call(part, key) ? part[key] : undefined);

/** @param {unknown} name */
const isName = (name) => typeof name === "string" && name !== "__proto__";

/** @param {unknown} index @param {unknown[]} list */
const isIndex = (index, list) => Number.isInteger(index) && Number(index) >= 0 && Number(index) < list.length;

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
