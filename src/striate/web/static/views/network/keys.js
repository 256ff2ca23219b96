/** The keys that move the unit that is looked at: arrows to the next cell, Page Up and Down to the next map. */

/**
 * @param {string} key
 * @param {number[]} unit (map, row, column)
 * @param {number[]} shape of the row, (maps, rows, columns)
 * @param {number[]} maps that have a tile
 * @param {number} columns of tiles
 * @returns {number[] | null} null if the key moves nothing
 */
export function movedUnit(key, [map, i, j], [, height, width], maps, columns) {
  const clamp = (/** @type {number} */ value, /** @type {number} */ size) => Math.max(0, Math.min(size - 1, value));
  const [di, dj] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key] ?? [0, 0];
  const by = { PageUp: -1, PageDown: 1 }[key] ?? 0;
  if (!di && !dj && !by) return null;
  const isUnits = height * width === 1;
  const tile = clamp(maps.indexOf(map) + by + (isUnits ? di * columns + dj : 0), maps.length);
  return isUnits ? [maps[tile], 0, 0] : [maps[tile], clamp(i + di, height), clamp(j + dj, width)];
}
