/** What the modules of a drawing hand to each other. */

import type { Shape, Step } from "../../engine/types.d.ts";

export type Point = [x: number, y: number];

export type Mark =
  | { kind: "rect"; x: number; y: number; width: number; height: number; fill: string; radius: number; line: number }
  | { kind: "polygon"; points: Point[]; fill: string }
  | { kind: "circle"; x: number; y: number; radius: number }
  | { kind: "line"; points: Point[]; hasArrow: boolean; isDashed: boolean; radius: number; width: number }
  | { kind: "text"; x: number; y: number; words: string; size: number; anchor: string; isBold: boolean; colour: string; hasHalo: boolean }
  | { kind: "group"; marks: Mark[]; attributes: Record<string, string>; title: string; x: number; y: number };

export interface Figure {
  left: number;
  right: number;
  width: number;
  height: number;
  marks: Mark[];
  forks: boolean;
}

/** A figure in a chain, its output shape and whether that differs from its input, and the heads that start there. */
export interface Part {
  figure: Figure;
  output: Shape;
  changed: boolean;
  heads: Figure[];
}

/** A row as a box, and the batch normalization right after it, which shares the box. */
export interface Cell {
  step: Step;
  tail: Step | null;
  last: Step;
  isSlim: boolean;
}

/** The position of a box: in the main line, in a Concat's branch, on a shortcut, in an auxiliary head. */
export type Role = "spine" | "branch" | "shortcut" | "head";

export interface Layout {
  stages: Map<string, number>;
  omitted: string;
  widths: Map<Role, [width: number, tail: number]>;
}

/** A block of maps: its front face by the upper left corner, its depth, its number of maps, and the offset of its back. */
export interface Block {
  width: number;
  height: number;
  depth: number;
  maps: number;
  x: number;
  y: number;
  back: Point;
}

/** A row with a block of its own, and the rows after it without one; no steps: the input. */
export interface Column {
  steps: Step[];
  shape: Shape;
  towers: number;
  exchanges: boolean;
}

export type Element = [tag: string, attributes: Record<string, string>, content: string | Element[]];
