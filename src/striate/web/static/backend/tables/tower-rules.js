/** Towers: a network whose maps are divided into parts; striate/tables/tower_rules.py. */

import { spellWhole } from "../../engine/spelling.js";
import { TableError } from "../../engine/table-error.js";

/** @import { Row } from "../../engine/types.d.ts" */

const OF_ONE_MAP = ["MaxPool", "AveragePool", "AdaptiveAveragePool", "Subsample", "BatchNorm", "Dropout"];

/** Whether the row of this index needs the other towers' maps. @param {Row[]} rows @param {number} towers @param {number} index */
export const exchanges = (rows, towers, index) =>
  towers > 1 && index > 0 && ["Conv", "Dense"].includes(rows[index].type) && (rows[index].groups ?? 1) === 1;

/**
 * One tower's share of a row: a part of its maps or units, from a part of its inputs or from all.
 * @param {Row[]} rows
 * @param {number} towers
 * @param {number} index
 * @returns {Row}
 */
export function shareOf(rows, towers, index) {
  const row = rows[index];
  if (index === rows.length - 1) return row;
  if (row.type === "Conv") return { ...row, maps: Math.floor(row.maps / towers), groups: 1 };
  if (row.type === "Dense") return { ...row, units: Math.floor(row.units / towers) };
  return row.type === "LRN" ? { ...row, groups: 1 } : row;
}

/** TableError if the rows do not divide into as many towers. @param {Row[]} rows @param {number} towers @param {boolean} hasHeads */
export function checkTowers(rows, towers, hasHeads) {
  if (towers < 1) throw new TableError(`towers must be at least 1: ${spellWhole(towers)}`);
  if (towers === 1) return;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  if (!(first.type === "Conv" && first.groups === 1) || last.type !== "Dense" || hasHeads) {
    throw new TableError(`${spellWhole(towers)} towers need a Conv of all channels first, a Dense last, and no heads`);
  }
  rows.slice(0, -1).forEach((row, index) => {
    if (divides(row, towers)) return;
    const number = spellWhole(towers);
    throw new TableError(`row ${row.name} (${row.type}): does not divide into ${number} towers; maps and units must`
      + ` divide, groups be 1 or ${number}, and an LRN stay inside its tower (groups ${number})`, ["rows", index]);
  });
}

/** @param {Row} row @param {number} towers */
function divides(row, towers) {
  if (row.type === "Conv") return [1, towers].includes(row.groups) && !row.connections && row.maps % towers === 0;
  if (row.type === "Dense") return row.units % towers === 0;
  if (row.type === "LRN") return row.groups === towers;
  return OF_ONE_MAP.includes(row.type);
}
