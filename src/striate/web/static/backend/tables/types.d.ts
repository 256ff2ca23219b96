/** What the tables' modules hand to each other. */

import type { HeadPlan, Plan, Row, Shape } from "../../engine/types.d.ts";

export type Place = (string | number)[];

/** The type of a field, as Python's `schema_to_json` writes it. */
export type Type =
  | "int" | "float" | "str" | "bool"
  | { words: string[] } | { list: Type } | { items: Type[] } | { class: string } | { one: string[] } | { any: Type[]; none: boolean };

export type SchemaDocument = Record<string, {
  fields: { name: string; type: Type; default?: unknown }[];
  tagged: boolean;
  former_name: string | null;
}>;

export interface SchemaField {
  name: string;
  type: Type;
  isRequired: boolean;
  default: unknown;
}

export interface SchemaClass {
  name: string;
  tagged: boolean;
  fields: Map<string, SchemaField>;
}

/** A table with all of its fields. */
export interface Table {
  name: string;
  input: Shape;
  rows: Row[];
  source: string;
  heads: { name: string; after: string; weight: number; rows: Row[] }[];
  towers: number;
  initialization: any;
  preprocessing: any;
  recipe: any;
  expected: unknown;
}

/** A checked table. */
export interface TablePlan extends Plan {
  table: Table & Plan["table"];
  heads: HeadPlan[];
}

/** Counts for one image. */
export interface Cost {
  parameters: number;
  macs: number;
  connections: number;
  neurons: number;
  buffers: number;
}

/** Another value of a field that would fit. */
export interface Fix {
  place: Place;
  value: any;
  bound: "most" | "least" | null;
  whole: boolean;
}
