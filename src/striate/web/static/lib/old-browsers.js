/**
 * What Safari 15.0 lacks of what this page uses, where it is lacking: imported before everything else. A test takes each of
 * these away, and another one finds newer functions in the page's code that are not here.
 */

/** @param {object} target @param {string} name @param {(...args: any[]) => unknown} value */
function provide(target, name, value) {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

/** @this {ArrayLike<unknown>} @param {number} index */
function at(index) {
  return this[index < 0 ? this.length + index : index];
}

for (const { prototype } of [Array, String, Uint8Array]) provide(prototype, "at", at);
provide(Array.prototype, "toSpliced", /** @this {unknown[]} */ function (/** @type {[number, number, ...unknown[]]} */ ...change) {
  const copy = [...this];
  copy.splice(...change);
  return copy;
});
provide(Array.prototype, "toSorted", /** @this {unknown[]} */ function (/** @type {(a: unknown, b: unknown) => number} */ compare) {
  return [...this].sort(compare);
});
provide(Array.prototype, "toReversed", /** @this {unknown[]} */ function () {
  return [...this].reverse();
});
provide(Array.prototype, "findLast", /** @this {unknown[]} */ function (/** @type {(value: unknown) => boolean} */ wanted) {
  return [...this].reverse().find(wanted);
});
provide(Object, "hasOwn", (object, name) => Object.prototype.hasOwnProperty.call(object, name));
provide(window, "structuredClone", (value) => JSON.parse(JSON.stringify(value))); // of drawings and tables: plain data
