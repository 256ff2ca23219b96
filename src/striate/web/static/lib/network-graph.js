/**
 * A network as a diagram shows it: deep ones folded by stage, a module with branches as one card until it is unfolded.
 * Nothing here touches the page.
 */

import { cellsFedThrough, cellsReadThrough, fromBranch, ofBranch } from "./network-geometry.js";

/** @import { DiagramItem, DiagramNode, MapCells, NetworkRow, NodeSource } from "./types.d.ts" */

/** The path of the network's input, which is no row. */
export const INPUT = "";

const FEWEST = 4; // rows without branches that are folded into a stage

/**
 * The items of a network, in order.
 * @param {NetworkRow[]} rows
 * @param {Set<string>} unfolded the stages and modules that are shown with what is inside them
 * @returns {DiagramItem[]}
 */
export function diagramItems(rows, unfolded) {
  return stages(rows).flatMap((stage) => {
    if (stage.length === 1) return [itemOf(stage[0], unfolded)];
    const id = `${stage[0].path}*`;
    const items = unfolded.has(id) ? stage.map((row) => itemOf(row, unfolded)) : null;
    return [{ kind: "stage", id, name: stageName(stage), rows: stage, row: stage[stage.length - 1], items }];
  });
}

/**
 * @param {NetworkRow} row
 * @param {Set<string>} unfolded
 * @returns {DiagramItem}
 */
function itemOf(row, unfolded) {
  if (!row.branches) return { kind: "row", id: row.path, row, rows: [row] };
  const lanes = unfolded.has(row.path) ? row.branches.map((branch) => branch.map((inner) => itemOf(inner, unfolded))) : null;
  return { kind: "module", id: row.path, row, rows: [row], lanes };
}

/**
 * Rows that follow one another and belong to one stage: residual units of one shape, or many rows of one number as in
 * conv2_1a, bn2_1a.
 * @param {NetworkRow[]} rows
 * @returns {NetworkRow[][]}
 */
function stages(rows) {
  /** @type {NetworkRow[][]} */
  const runs = [];
  for (const row of rows) {
    const run = runs[runs.length - 1];
    if (run && stageKey(row) !== "" && stageKey(run[0]) === stageKey(row)) run.push(row);
    else runs.push([row]);
  }
  return runs.flatMap((run) => (run.length >= (run[0].branches ? 2 : FEWEST) ? [run] : run.map((row) => [row])));
}

/** Rows with the same key are one stage; empty for a row of none. @param {NetworkRow} row */
function stageKey(row) {
  if (row.type === "Add") return `units ${row.shape.join()}`;
  const number = /^[a-z]+(\d+)_\d+\w*$/i.exec(row.path)?.[1];
  return number && !row.branches ? `${number} ${row.shape.join()}` : "";
}

/** What the names of a stage's rows begin with: conv2 of conv2_1, conv2_2. @param {NetworkRow[]} stage */
function stageName(stage) {
  const [first, last] = [stage[0].path, stage[stage.length - 1].path];
  const common = /^[a-z]+\d+(?=_)/i.exec(first)?.[0];
  return common ?? `${first}–${last}`;
}

/**
 * What is visible of a network, and from where each part comes: the input first, the last row last.
 * @param {DiagramItem[]} items
 * @returns {Map<string, DiagramNode>} by the path of the row whose maps a node shows
 */
export function diagramNodes(items) {
  /** @type {Map<string, DiagramNode>} */
  const nodes = new Map([[INPUT, { path: INPUT, row: null, sources: [] }]]);

  /** @type {(chain: DiagramItem[], before: string) => string} */
  const addChain = (chain, before) => chain.reduce((from, item) => addItem(item, from), before);

  /** @type {(item: DiagramItem, from: string) => string} */
  function addItem(item, from) {
    if (item.kind === "stage" && item.items) return addChain(item.items, from);
    const lanes = item.kind === "module" ? item.lanes : null;
    /** @type {NodeSource[]} */
    const sources = lanes
      ? lanes.map((lane, branch) => ({ from: addChain(lane, from), rows: [], branch }))
      : [{ from, rows: item.rows, branch: null }];
    nodes.set(item.row.path, { path: item.row.path, row: item.row, sources });
    return item.row.path;
  }

  addChain(items, INPUT);
  return nodes;
}

/**
 * The cells of a source that these cells of a node read.
 * @param {DiagramNode} node
 * @param {NodeSource} source
 * @param {MapCells} cells
 * @returns {MapCells}
 */
export const readFrom = ({ row }, { rows, branch }, cells) =>
  branch === null || !row ? cellsReadThrough(rows, cells) : ofBranch(row, branch, cells);

/**
 * The cells of a node that read any of these cells of a source.
 * @param {DiagramNode} node
 * @param {NodeSource} source
 * @param {MapCells} cells
 * @returns {MapCells}
 */
export const fedBy = ({ row }, { rows, branch }, cells) =>
  branch === null || !row ? cellsFedThrough(rows, cells) : fromBranch(row, branch, cells);
