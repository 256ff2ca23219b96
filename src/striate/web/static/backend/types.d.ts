/** What the page's own backend works on. */

import type { Kernels, Language, LiveRun, ModelInfo, Progress, Recipe as RecipeNumbers, RunState } from "../lib/types.d.ts";
import type { AugmentationStep, Network, Picture, Recipe, Reliability, TableDocument, Tensor } from "../engine/types.d.ts";

export type { AugmentationStep, Progress, RunState };

/** A model that the page carries; `macs` are those of one image, `side` that to which a larger picture is scaled down first. */
export interface BackendModel {
  name: string;
  network: Network;
  classes: string[];
  macs: number;
  side: number;
  reliability?: Reliability;
}

/** A picture as the network's input: its bytes, and the normalized tensor (1, channels, height, width). */
export interface Sample {
  fitted: Picture;
  input: Tensor;
  isBlank: boolean;
}

/** How much of each perturbation. */
export interface Amounts {
  thickness: number;
  scale: number;
  rotation: number;
  shift: number;
  noise: number;
}

/** The amounts of a perturbation: from `least` to `most` in steps of `step`; `neutral` changes nothing. */
export interface Slider {
  least: number;
  most: number;
  step: number;
  neutral: number;
}

/** Pixels as a canvas gives them: red, green, blue and alpha of each, row by row. */
export interface PixelPicture {
  width: number;
  height: number;
  data: ArrayLike<number>;
}

/** What answers in the place of the server. `documents` were written by the server's own code, by their keys (backend/routes.js). */
export interface Backend {
  /** The models that the page carries, whether they are opened or not. */
  listed: ListedModel[];
  models: Map<string, BackendModel>;
  documents: Map<string, any>;
}

/** A model that the page carries, as its list has it. */
export interface ListedModel {
  info: ModelInfo;
  macs: number;
}

/** A model file, with what it does not say of its network. */
export interface ModelContent {
  name: string;
  content: Uint8Array;
  macs: number;
  side: number;
}

/** The parameters of a request by their names. */
export type Query = Record<string, unknown>;

/** The routes of a view by method and path, "POST layers"; `body` is the JSON of a request, or its picture. */
export type Routes = Record<string, (backend: Backend, query: Query, body: any, language: Language) => unknown>;

/** A request as the page makes it: the query as it stands in an address, and a document or a picture. */
export interface BackendRequest {
  method: string;
  path: string;
  query: string;
  language: Language;
  document?: unknown;
  picture?: PixelPicture | null;
}

export interface BackendAnswer {
  status: number;
  body: any;
}

/** Along one axis, in input pixels. */
export type Axis = [size: number, stride: number, start: number];
/** Along rows and columns. */
export type ReceptiveField = [height: Axis, width: Axis];

/** A rectangle of a picture, in pixels. */
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** A step of a unit's arithmetic: its kind, the value after it, and what it adds. */
export interface TraceStep {
  kind: string;
  value: number;
  operands?: number[];
}

/**
 * How a unit's value is computed. `window` are the cells that it reads, of this shape (input maps, rows, columns) or (units,): NaN in
 * padding that does not count. `maps` are these input maps, `corner` is the place of the window's first cell in them; `weights` and
 * `products` are of the same shape, or null where cells have no weights.
 */
export interface UnitTrace {
  shape: number[];
  window: Float64Array;
  steps: TraceStep[];
  maps: number[];
  corner: number[] | null;
  weights: Float64Array | null;
  products: Float64Array | null;
}

/** A picture of gray levels from 0 to 255. */
export interface Luminance {
  height: number;
  width: number;
  data: Float32Array;
}

/** A step of a recipe's augmentation, as a table's JSON has it. */

/** A step with the uniform numbers that were drawn for it. */
export interface Drawn {
  step: AugmentationStep;
  draws: Float32Array;
}

/** How values from 0 to 255 change: times `gain`, plus the offset of their channel, then clamped. */
export interface Jitter {
  gain: number;
  offsets: number[];
}

// Training

/** Pictures in an order, and the number of each one's class. */
export interface Labelled {
  pictures: Picture[];
  labels: Uint8Array;
}
export interface PictureSet {
  train: Labelled;
  validation: Labelled;
}

/**
 * A set as the page's file has it: the training pictures first, each `side` pixels square of shades from 0 to `most`, which are scaled to
 * `scaled` pixels. `content` are the shades in a Huffman code, `lengths` the bits of each shade's. `record` is what a model's file says
 * of its training, as far as it is the same for every run.
 */
export interface PackedSet {
  classes: string[];
  light_on_dark: boolean;
  labels: string;
  train: number;
  side: number;
  scaled: number;
  most: number;
  lengths: number[];
  content: string;
  record: Record<string, unknown>;
}

/** What a page's file offers to train: sets, tables, and the bounds of a request's numbers, with the words of what is expected. */
export interface TrainingDocument {
  sets: Record<string, PackedSet>;
  tables: string[];
  fields: Record<string, { least: number; most: number; whole: boolean; expected: string }>;
  default_recipe: RecipeNumbers;
  most_macs: number;
}

/** A training that was asked for; `replay` is how many snapshots it keeps. */
export interface TrainRequest {
  table: TableDocument & { recipe: Recipe };
  data: string;
  replay: number;
}

/** After an epoch: `train_` are means over its training pictures, `test_` the validation scores. */
export interface Epoch {
  epoch: number;
  train_loss: number;
  train_accuracy: number;
  test_loss: number;
  test_accuracy: number;
  learning_rate: number;
  images_per_second: number;
  seconds: number;
}
export type Live = Required<Pick<LiveRun, "phase" | "decoded" | "progress" | "trail" | "seconds_left">> & {
  kernels: { row: string; first: Kernels; now: Kernels } | null;
  warnings: string[];
};

// Exercises

/** What an answer is: a whole number, the side of a square, several numbers, a number with two digits after its point. */
export type Form = "whole" | "size" | "list" | "decimal";
/** A text in both languages. */
export type Said = Record<Language, string>;

/** The exercises as striate/web/lab/packed_exercises.py packs them, by their lesson's number and their own: "4 2". */
export interface ExercisesDocument {
  seeds: number;
  marking: Record<string, Said>;
  mistakes: (Said & { name: string })[];
  texts: string[];
  exercises: Record<string, { title: Said; form: Form; grids: Said[]; drawn: PackedExercise[] }>;
}
/** Its texts, its key, for each mistake its place and the answer that it gives, and its grids. */
export type PackedExercise = [words: string, key: number[], wrong: number[][], ...grids: string[]];

/** An exercise in one language; what its mistakes say is in both. */
export interface DrawnExercise {
  title: Said;
  form: Form;
  question: string;
  solution: string;
  grids: { title: string; rows: string[][] }[];
  key: number[];
  mistakes: (Said & { name: string; answer: number[] })[];
}

/** A request before its picture is decoded. */
export interface PageRequest extends Omit<BackendRequest, "picture"> {
  picture?: Blob | null;
}

/** What torch gave: for each of the inputs, whose bytes are in `pictures`, numbers of each row at some places of its output. */
export interface Proof {
  inputs: number;
  pictures: string;
  rows: { path: string; places: number[]; largest: number; values: string }[];
}

/** Differences are parts of the largest number of a row. */
export interface Proved {
  model: string;
  inputs: number;
  rows: number;
  largest: { path: string; difference: number };
  failed: { path: string; difference: number } | null;
}

export type HostMessage =
  | { kind: "open"; listed: ListedModel[]; documents: string }
  | { kind: "model"; model: ModelContent }
  | { kind: "request"; id: number; request: BackendRequest }
  | { kind: "prove"; id: number; name: string; proof: Proof };
export type HostReply = { kind: "answer"; id: number; answer: BackendAnswer } | { kind: "proved"; id: number; proved: Proved };
