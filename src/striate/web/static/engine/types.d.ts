/** What the engine's modules hand to each other. */

export type Shape = number[];

/** A row of a table as its JSON has it; which fields there are depends on the type. */
export type Row = { type: string; name: string; [field: string]: any };

export interface TableDocument {
  name: string;
  input: Shape;
  rows: Row[];
  heads?: { name: string; after: string; weight: number; rows: Row[] }[];
  [field: string]: any;
}

export interface Window {
  kernel: [number, number];
  stride: [number, number];
  padding: [[number, number], [number, number]];
  dilation: [number, number];
  ceil: boolean;
}

/** A checked row; `branches` are the steps inside a combinator: a Concat's branches, or an Add's body and shortcut. */
export interface Step {
  path: string;
  row: Row;
  input: Shape;
  output: Shape;
  window: Window | null;
  branches: Step[][];
}

export interface HeadPlan {
  name: string;
  after: string;
  weight: number;
  steps: Step[];
}

export interface Plan {
  table: TableDocument;
  steps: Step[];
  heads: HeadPlan[];
}

export interface Tensor {
  shape: Shape;
  data: Float32Array;
}

/** The number of row i and column j stands at the place `rows[i] + columns[j]`. */
export interface Matrix {
  data: Float32Array;
  rows: Int32Array;
  columns: Int32Array;
}

/**
 * What a kind of row computes with; `saved` is what its forward pass kept, `gradients` are of the parameters, to add to. Without
 * `ofInput` nobody reads the gradient of the input, which may then be zeros.
 */
export interface RowContext {
  step: Step;
  parameters: Record<string, Tensor>;
  isTraining: boolean;
  random: () => number;
  gradients?: Record<string, Tensor>;
  ofInput?: boolean;
  saved?: unknown;
}

/** A kind of row: its sums, to which the network applies the activation, and the gradient of its input from that of its sums. */
export interface Kind {
  forward(context: RowContext, input: Tensor): { output: Tensor; saved?: unknown };
  backward(context: RowContext, input: Tensor, gradient: Tensor): Tensor;
}

export interface Network {
  plan: Plan;
  parameters: Map<string, Tensor>;
  parametersOf: Map<string, Record<string, Tensor>>;
}

export interface Trace {
  isTraining: boolean;
  random: () => number;
  images: Tensor;
  inputs: Map<string, Tensor>;
  outputs: Map<string, Tensor>;
  saved: Map<string, unknown>;
  logits: Tensor;
  heads: Tensor[];
}

/** Without `ofImages` the gradient of the images is left out. */
export interface Gradients {
  images: Tensor;
  ofImages: boolean;
  outputs: Map<string, Tensor>;
  parameters: Map<string, Tensor>;
}

/** A recipe as a table's JSON has it. */
export interface Recipe {
  optimizer: { type: "SGD"; momentum: number; nesterov: boolean } | { type: "AdamW" };
  learning_rate: number;
  weight_decay: number;
  decayed: "weights" | "all";
  epochs: number;
  batch_size: number;
  schedule: { type: string; [field: string]: any };
  loss: "cross_entropy" | "rbf_mse" | "rbf_map";
  rubbish: number;
  label_smoothing?: number | null;
  gradient_clip?: number | null;
  [field: string]: any;
}

export interface ModelFile {
  table: TableDocument;
  classes: string[];
  training: Record<string, unknown>;
  scores: Record<string, unknown>;
  parameters: Map<string, Tensor>;
  reliability?: Reliability;
}

/** What validation pictures say of a model's answers; `distance` has float32 in base64. */
export interface Reliability {
  temperature: number;
  false_alarms: number;
  threshold: number | null;
  sets: [number, number][];
  report: Record<string, unknown>;
  distance: { row: string; centres: string; whitening: string } | null;
}

/** Bytes of a picture: a plane for each channel (1 gray, 3 red, green and blue), row by row. */
export interface Picture {
  channels: number;
  height: number;
  width: number;
  data: Uint8Array;
}

/** A step of a recipe's augmentation. */
export type AugmentationStep = { type: string; [field: string]: any };

/** A window of a picture, inside it, and the place in a network's input to which it is scaled, which may reach beyond the input. */
export interface CropGeometry {
  top: number;
  left: number;
  height: number;
  width: number;
  y: number;
  x: number;
  rows: number;
  columns: number;
}
