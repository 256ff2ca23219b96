/**
 * What a unit reads and what it feeds, from the numbers of each row (GET /lab/network). Nothing here touches the page.
 *
 * Cells are those of some maps under one box: a row of 84 units is 84 maps of one cell.
 */

/** @import { Box, CellRule, MapCells, Network, NetworkRow } from "./types.d.ts" */

/** @typedef {[from: number, to: number]} Span along an axis, without its end */

/** @type {(shape: number[]) => number[]} */
export const mapsOf = (shape) => [shape[0], shape[1] ?? 1, shape[2] ?? 1];

/** @type {(map: number, i?: number, j?: number) => MapCells} */
export const oneCell = (map, i = 0, j = 0) => ({ maps: [map], box: { top: i, left: j, height: 1, width: 1 } });

/** @param {MapCells} cells */
export const isEmpty = ({ maps, box }) => maps.length === 0 || box.height <= 0 || box.width <= 0;

/**
 * The cells of a row's input that these cells of its output read.
 * @param {NetworkRow} row
 * @param {MapCells} cells
 * @returns {MapCells}
 */
export function cellsRead(row, cells) {
  if (row.branches) return union(row.branches.map((branch, i) => cellsReadThrough(branch, ofBranch(row, i, cells))));
  if (isEmpty(cells)) return cells;
  return { maps: mapsRead(row, cells.maps), box: spansToBox(spans(cells.box).map((span, axis) => spanRead(row, axis, span))) };
}

/**
 * The cells of a row's output that read any of these cells of its input.
 * @param {NetworkRow} row
 * @param {MapCells} cells
 * @returns {MapCells}
 */
export function cellsFed(row, cells) {
  if (row.branches) {
    return union(row.branches.map((branch, i) => fromBranch(row, i, cellsFedThrough(branch, cells))));
  }
  if (isEmpty(cells)) return cells;
  return { maps: mapsFed(row, cells.maps), box: spansToBox(spans(cells.box).map((span, axis) => spanFed(row, axis, span))) };
}

/** Through rows that follow one another, from the last one back. @type {(rows: NetworkRow[], cells: MapCells) => MapCells} */
export const cellsReadThrough = (rows, cells) => rows.reduceRight((read, row) => cellsRead(row, read), cells);

/** @type {(rows: NetworkRow[], cells: MapCells) => MapCells} */
export const cellsFedThrough = (rows, cells) => rows.reduce((fed, row) => cellsFed(row, fed), cells);

/**
 * The box of the input picture that can change these cells of a row.
 * @param {Network} network
 * @param {string} path
 * @param {MapCells} cells
 * @returns {Box}
 */
export const pixelsRead = (network, path, cells) => cellsReadThrough(rowsUpTo(network.rows, path), cells).box;

/**
 * The rows that a picture passes on its way to a row, with it: those before it in the branches around it, and before these.
 * @param {NetworkRow[]} rows
 * @param {string} path
 * @returns {NetworkRow[]} empty if there is no such row
 */
export function rowsUpTo(rows, path) {
  const index = rows.findIndex((row) => row.path === path || path.startsWith(`${row.path}.`));
  if (index < 0) return [];
  if (rows[index].path === path) return rows.slice(0, index + 1);
  const inside = (rows[index].branches ?? []).map((branch) => rowsUpTo(branch, path)).find((found) => found.length);
  return inside ? [...rows.slice(0, index), ...inside] : [];
}

/** The number of the first map of a branch in the maps of its row. @type {(row: NetworkRow, branch: number) => number} */
export const branchOffset = (row, branch) => row.type === "Concat"
  ? (row.branches ?? []).slice(0, branch).reduce((sum, rows) => sum + rows[rows.length - 1].shape[0], 0) : 0;

/**
 * The cells of a row with branches as those of the end of one branch.
 * @param {NetworkRow} row
 * @param {number} branch
 * @param {MapCells} cells
 * @returns {MapCells}
 */
export function ofBranch(row, branch, { maps, box }) {
  if (row.type !== "Concat") return { maps, box };
  const first = branchOffset(row, branch);
  const end = branchOffset(row, branch + 1);
  return { maps: maps.filter((map) => map >= first && map < end).map((map) => map - first), box };
}

/** @type {(row: NetworkRow, branch: number, cells: MapCells) => MapCells} */
export const fromBranch = (row, branch, { maps, box }) => ({ maps: maps.map((map) => map + branchOffset(row, branch)), box });

/**
 * The hull of several parts, and the maps of any.
 * @param {MapCells[]} parts
 * @returns {MapCells}
 */
export function union(parts) {
  const full = parts.filter((part) => !isEmpty(part));
  if (full.length < 2) return full[0] ?? { maps: [], box: { top: 0, left: 0, height: 0, width: 0 } };
  const boxes = full.map(({ box }) => spans(box));
  const hull = [0, 1].map((axis) => /** @type {Span} */ (
    [Math.min(...boxes.map((each) => each[axis][0])), Math.max(...boxes.map((each) => each[axis][1]))]));
  const maps = [...new Set(full.flatMap((part) => part.maps))].sort((a, b) => a - b);
  return { maps, box: spansToBox(hull) };
}

/**
 * @param {NetworkRow} row
 * @param {number[]} maps of its output
 * @returns {number[]} of its input, in order
 */
function mapsRead({ input, shape, maps: rule }, maps) {
  switch (rule?.kind) {
    case "all": return ofGroups(maps, shape[0] / rule.groups, input[0] / rule.groups);
    case "listed": return inOrder(maps.flatMap((map) => rule.inputs[map]));
    case "neighbours": return neighbours(maps, shape[0] / rule.groups, rule.before, rule.after);
    default: return maps.filter((map) => map < input[0]);
  }
}

/**
 * @param {NetworkRow} row
 * @param {number[]} maps of its input
 * @returns {number[]} of its output, in order
 */
function mapsFed({ input, shape, maps: rule }, maps) {
  switch (rule?.kind) {
    case "all": return ofGroups(maps, input[0] / rule.groups, shape[0] / rule.groups);
    case "listed": return range(0, shape[0]).filter((map) => rule.inputs[map].some((from) => maps.includes(from)));
    case "neighbours": return neighbours(maps, shape[0] / rule.groups, rule.after, rule.before);
    default: return maps;
  }
}

/** All maps on the other side of the groups that these maps are in. @type {(maps: number[], here: number, there: number) => number[]} */
const ofGroups = (maps, here, there) =>
  inOrder(maps.map((map) => Math.floor(map / here))).flatMap((group) => range(group * there, (group + 1) * there));

/** @type {(maps: number[], group: number, before: number, after: number) => number[]} */
const neighbours = (maps, group, before, after) => inOrder(maps.flatMap((map) => {
  const first = Math.floor(map / group) * group;
  return range(Math.max(first, map - before), Math.min(first + group, map + after + 1));
}));

/** @type {(from: number, to: number) => number[]} */
export const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Each number once. @param {number[]} numbers */
const inOrder = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

/** @type {(box: Box) => [Span, Span]} */
const spans = ({ top, left, height, width }) => [[top, top + height], [left, left + width]];

/** @param {Span[]} spans @returns {Box} */
const spansToBox = ([[top, bottom], [left, right]]) => ({ top, left, height: Math.max(0, bottom - top), width: Math.max(0, right - left) });

/**
 * The cells along one axis that the outputs of a span read; those of the padding are nowhere.
 * @param {NetworkRow} row
 * @param {number} axis
 * @param {Span} span
 * @returns {Span}
 */
function spanRead({ cells, input }, axis, [from, to]) {
  const size = mapsOf(input)[1 + axis];
  if (cells?.kind === "own") return [from, to];
  if (cells?.kind === "bins") return [cells.axes[axis][from][0], cells.axes[axis][to - 1][1]];
  if (cells?.kind !== "window") return [0, size];
  return hull(range(from, to).flatMap((output) => taps(cells, axis, output)).filter((at) => at >= 0 && at < size));
}

/**
 * The outputs along one axis that read any cell of a span.
 * @param {NetworkRow} row
 * @param {number} axis
 * @param {Span} span
 * @returns {Span}
 */
function spanFed({ cells, shape }, axis, [from, to]) {
  const size = mapsOf(shape)[1 + axis];
  if (cells?.kind === "own") return [from, to];
  if (cells?.kind === "bins") return hull(range(0, size).filter((i) => cells.axes[axis][i][0] < to && cells.axes[axis][i][1] > from));
  if (cells?.kind !== "window") return [0, size];
  return hull(range(0, size).filter((output) => taps(cells, axis, output).some((at) => at >= from && at < to)));
}

/**
 * The cells under a window, those of the padding too.
 * @type {(rule: CellRule & { kind: "window" }, axis: number, output: number) => number[]}
 */
const taps = ({ kernel, stride, before, dilation }, axis, output) =>
  range(0, kernel[axis]).map((tap) => output * stride[axis] - before[axis] + tap * dilation[axis]);

/** @type {(cells: number[]) => Span} */
const hull = (cells) => (cells.length ? [Math.min(...cells), Math.max(...cells) + 1] : [0, 0]);

/**
 * The box of a unit's window in its input as it slides, over the edges too; null for a row without a window.
 * @param {NetworkRow} row
 * @param {number} i
 * @param {number} j
 * @returns {Box | null}
 */
export function slidingWindow({ cells }, i, j) {
  if (cells?.kind !== "window") return null;
  const [rows, columns] = [i, j].map((output, axis) => hull(taps(cells, axis, output)));
  return spansToBox([rows, columns]);
}

/**
 * The strength of a connection from -1 to 1: the kernel's norm by the row's largest, with the sign of its sum; null if unknown.
 * @param {NetworkRow} row
 * @param {Uint8Array | null} bytes the row's `strengths`
 * @param {number} from a map of the input
 * @param {number} to a map of the output
 * @returns {number | null}
 */
export function strength({ input, shape, maps }, bytes, from, to) {
  if (!bytes) return null;
  const groups = maps?.kind === "all" ? maps.groups : 1;
  const each = input[0] / groups;
  const first = Math.floor(to / (shape[0] / groups)) * each;
  return (bytes[to * each + from - first] - 128) / 127;
}
