/**
 * The types of the page, each in one place: geometry, state, what the server answers, tables as plain data.
 * A file imports them by `@import { Unit } from "../lib/types.d.ts"`. The browser never asks for this file.
 */

import type { en } from "../strings/en.js";

// Text

export type Language = "en" | "ko";
export type StringKey = keyof typeof en;

// Elements

export type Child = Node | string | number | null | undefined | false;
/** Properties and attributes of an element; `on` holds its event listeners. */
export type Props = Record<string, unknown> & { on?: Record<string, (event: any) => void> };
/** An event of an element of a known kind. */
export type EventOf<E extends Element> = Event & { target: E; currentTarget: E };
/** A view: it fills the root; what it returns removes it. */
export type Mount = (root: HTMLElement) => () => void;

// Geometry; pairs are (rows, columns) or (height, width)

export type Pair = [number, number];
export type Shape = [channels: number, height: number, width: number];
export interface Box {
  top: number;
  left: number;
  height: number;
  width: number;
}
/** Cells of a map, and those of the padding around it. */
export interface Extent {
  size: Pair;
  before: Pair;
  after: Pair;
}
/** The windows of a row along one axis: their size, the distance between two, the start of the first. */
export type WindowAxis = [size: number, stride: number, start: number];
/** One point of a stroke, as fractions of the pad's side. */
export type Point = [x: number, y: number];
export type Stroke = Point[];
export type Rgb = [number, number, number];
/** The colour of a byte. */
export type Colormap = (byte: number) => Rgb;

// Charts

export interface ChartLine {
  name: string;
  points: [x: number, y: number][];
  color?: number;
  dashed?: boolean;
  dots?: boolean;
}
/** `label` is for screen readers, `x` and `y` name the axes, `marker` is a position on the x axis. */
export interface Chart {
  label: string;
  x: string;
  y: string;
  lines: ChartLine[];
  xRange?: [number, number];
  yRange?: [number, number];
  marker?: number;
  percent?: boolean;
  log?: boolean;
  width?: number;
  height?: number;
  legend?: boolean;
}

// State: what outlives a view (lib/state.js)

/** The picture that the views look at: a file, or a drawing as a file. */
export interface Picture {
  blob: Blob;
  name: string;
  drawn: boolean;
}
export interface Photo {
  file: Blob;
  name: string;
  image: ImageBitmap;
}
/** The samples that a model takes: those of its kind of input. */
export type SampleSet = "digits" | "photos";
/** A sample picture that ships; its class is null if it is none of its set's. */
export interface SamplePicture extends Photo {
  class: string | null;
  author: string;
  licence: string;
  source: string;
}
/** What is on the pad, which is the current picture; `picture` is null before anything is. */
export interface PadContent {
  picture: Picture | null;
  strokes: Stroke[];
  photo: Photo | SamplePicture | null;
}
export interface DrawState {
  /** The pen's width, in hundredths of the pad's side. */
  pen: number;
  photo: Photo | SamplePicture | null;
}
/** `unit` and `input` are null until the server has named the strongest ones. */
export interface LayersState {
  model: string;
  path: string;
  unit: number[] | null;
  input: number | null;
  /** The rows of which all maps are shown. */
  expanded: Set<string>;
  animating: boolean;
  speed: number;
}
export interface StressState {
  amounts: Record<string, number>;
  sweep: string;
}
export interface SecondTable {
  source: string;
  table: PlainTable | null;
}
export interface TableState {
  catalog: Catalog;
  /** The page's model when the table was opened. */
  model: string;
  /** Where the table comes from: "name:lenet5", "model:lenet5", "file:my.toml". */
  source: string;
  original: PossibleTable | null;
  table: PlainTable;
  report: TableReport | null;
  past: PlainTable[];
  future: PlainTable[];
  /** The field of the last edit: further typing in it is the same edit. */
  lastField: string;
  /** Combinators whose inner rows are shown, and rows whose other fields are shown, by their keys. */
  open: Set<string>;
  details: Set<string>;
  second: SecondTable;
}
export interface TrainState {
  /** The run that is shown, and those whose curves are drawn beside its own. */
  run: string;
  compared: Set<string>;
  data: string;
  table: string | null;
  numbers: Partial<Record<keyof Recipe, string>>;
  /** How many a new run keeps. */
  snapshots: string;
}
export interface FiltersState {
  name: string;
  kernel: number[][] | null;
  stride: string;
  padding: string;
  channel: string;
  side: string;
  position: Pair;
}
/** `orientation` and `measured` are indices of orientations; `unit` is null until the server has named the most selective one. */
export interface CortexState {
  model: string;
  rows: UnitRow[];
  path: string;
  unit: number | null;
  width: number;
  contrast: "light" | "dark";
  position: number;
  orientation: number;
  measured: Set<number>;
}
/** `class` is one of this model's for this picture; null for the most probable. */
export interface WhyState {
  model: string;
  picture: Picture | null;
  class: number | null;
  opacity: number;
  depth: number;
}
export interface State {
  models: ModelInfo[];
  model: string;
  /** The set of samples of the chosen model's kind. */
  samples: SampleSet;
  picture: Picture | null;
  strokes: Stroke[];
  draw: DrawState;
  layers: LayersState;
  stress: StressState;
  table: TableState;
  train: TrainState;
  filters: FiltersState;
  cortex: CortexState;
  why: WhyState;
}

// Tables as plain data (tables.toml.to_plain)

export type FieldValue = string | number | boolean | null | FieldValue[];
/** The keys from the table down to a part of it: ["rows", 7, "branches", 0, 1, "kernel"]. */
export type Place = (string | number)[];
export interface PlainRow {
  type: string;
  name: string;
  branches?: PlainRow[][];
  body?: PlainRow[];
  shortcut?: PlainRow[];
  [field: string]: FieldValue | PlainRow[] | PlainRow[][] | undefined;
}
export interface PlainHead {
  name: string;
  after: string;
  rows: PlainRow[];
}
export interface PlainTable {
  name: string;
  source?: string;
  input: FieldValue[];
  rows: PlainRow[];
  heads?: PlainHead[];
  recipe?: Partial<Recipe>;
  [field: string]: unknown;
}
/** A row with its place and its path. */
export interface PlacedRow {
  row: PlainRow;
  place: Place;
  path: string;
}
/** The field of a row type, as the server describes it. */
export interface Field {
  name: string;
  kind: "whole" | "number" | "flag" | "text" | "pair" | "padding" | "choice" | "parts";
  choices: (string | null)[];
  default: FieldValue;
  required: boolean;
}
export type RowTypes = Record<string, { fields: Field[]; fresh: PlainRow }>;
export interface TableFamily {
  family: string;
  tables: { name: string; source: string }[];
}
export interface Catalog {
  families: TableFamily[];
  kinds: RowTypes;
}
export interface RowReport {
  path: string;
  place: Place;
  input: number[];
  output: number[];
  kernel: number | Pair | null;
  stride: number | Pair | null;
  parameters: number;
  macs: number;
  memory: number;
  /** The costs with those of the rows inside it. */
  inside: { parameters: number; macs: number };
  receptive_field: { size: number | Pair };
}
export type TotalName = "parameters" | "macs" | "connections" | "train_memory_bytes" | "inference_memory_bytes";
export type Totals = Record<TotalName, number>;
/** A value that removes a fault; `whole` says whether the whole table is then possible. */
export interface Fit {
  place: Place;
  value: FieldValue;
  bound: "most" | "least" | null;
  whole: boolean;
}
export interface Fault {
  place: Place;
  line: string;
  fits: Fit[];
}
export interface TableReport {
  table: PlainTable | null;
  toml: string | null;
  summary: { rows: RowReport[]; heads: { rows: RowReport[] }[]; total: Totals | null };
  fault: Fault | null;
}
export type PossibleTable = TableReport & { table: PlainTable };
export interface ModuleCost {
  path: string;
  parameters: number;
  macs: number;
}
export interface ComparedTable {
  name: string;
  input: number[];
  total: Totals;
}
export interface Comparison {
  first: ComparedTable;
  second: ComparedTable;
  ratios: Record<TotalName, number | null>;
  modules: { first: ModuleCost | null; second: ModuleCost | null }[];
}

// The table's components (views/table)

/** A row and its report, in the original table. */
export interface OriginalRow {
  row: PlainRow;
  report: RowReport;
}
/** The reports of the rows of the table as it is now. */
export interface Reports {
  table: PlainTable;
  report: (place: Place) => RowReport | undefined;
  original: (place: Place) => OriginalRow | undefined;
}
export interface TableActions {
  edit: (place: Place, value: unknown) => void;
  set: (place: Place, value: unknown) => void;
  setType: (place: Place, type: string) => void;
  move: (place: Place, by: number) => void;
  remove: (place: Place) => void;
  add: (place: Place, type: string) => void;
  addBranch: (place: Place) => void;
  toggle: (what: "open" | "details", place: Place) => void;
}
export interface ToolbarActions {
  open: (source: string) => Promise<void>;
  openFile: (file: File) => Promise<void>;
  save: () => void;
  undo: () => void;
  redo: () => void;
  reset: () => void;
  rename: (name: string) => void;
  change: (table: PlainTable, focus: string) => void;
}
/** What the rows of the table are built from; `updates` write new reports into them. */
export interface RowContext {
  types: RowTypes;
  actions: TableActions;
  open: Set<string>;
  details: Set<string>;
  updates: ((reports: Reports) => void)[];
}
export interface Cell {
  element: HTMLElement;
  update: (row: PlainRow, report: RowReport | undefined, original: OriginalRow | undefined) => void;
}

// What the server answers (striate.web.lab)

export interface ModelInfo {
  name: string;
  table: string;
  input: Shape;
  samples: SampleSet;
}
export interface SampleInfo {
  name: string;
  class: string | null;
  author: string;
  licence: string;
  source: string;
  /** The media type of its file, and the file as base64. */
  type: string;
  content: string;
}
export interface InputImage {
  shape: Shape;
  pixels: string;
}
/** Maps as base64 bytes: value = (byte - 128) / 127 * scale. */
export interface PackedMaps {
  shown: number;
  size: Pair;
  scale: number;
  signed: boolean;
  maps: string;
}
export interface RowName {
  path: string;
  type: string;
  shape: number[];
}
export type RowMaps = RowName & PackedMaps & { branches?: RowMaps[][] };
export interface ClassProbability {
  class: string;
  index: number;
  probability: number;
}
export interface PictureResponse {
  input: InputImage;
  top: ClassProbability[];
  /** That there is nothing in the picture, or how its values are understood. */
  note?: string;
}
export interface LayersResponse extends PictureResponse {
  rows: RowMaps[];
}

/** `reach` is the dilated kernel; `rounds` is null where the row gives its output's size; `over` places the windows on the input. */
export interface WindowGeometry {
  kernel: Pair;
  stride: Pair;
  padding: [Pair, Pair];
  dilation: Pair;
  reach: Pair;
  rounds: "floor" | "ceil" | null;
  over: [WindowAxis, WindowAxis];
}
/** One step of a unit's arithmetic. */
export interface Stage {
  kind: string;
  value: number | null;
  operands: (number | null)[];
}
export type Cells = (number | null)[][];
/** The window, the weights and the products on one input map. */
export interface Grid {
  map: number;
  x: Cells;
  w: Cells | null;
  products: Cells | null;
  sum: number;
}
/** The input maps that contribute most; `rest` is the sum of the `left` others. */
export interface Grids {
  shown: Grid[];
  places: [number[], number[]];
  left: number;
  rest: number;
}
export interface Term {
  at: number[];
  x: number | null;
  w: number | null;
  product: number | null;
}
export interface Terms {
  shown: Term[];
  left: number;
  rest: number;
}
/**
 * `field` is the row's receptive field, as if the picture went on beyond its edges, `visible` the box of the pixels that can
 * change the unit; `value` is what the stages give, `network` what the network computed.
 */
export interface Unit {
  path: string;
  type: string;
  unit: number[];
  input: number[];
  output: number[];
  field: [WindowAxis, WindowAxis];
  visible: Box;
  window: WindowGeometry | null;
  stages: Stage[];
  value: number | null;
  network: number | null;
  grids?: Grids;
  terms?: Terms;
}
export interface SlideResponse {
  input: PackedMaps;
  output: PackedMaps;
}

export interface SliderRange {
  least: number;
  most: number;
  step: number;
  neutral: number;
}
/** `plain` is the class of the unchanged picture, `still` the range of amounts in which it stays the answer. */
export interface StressCurve {
  change: string;
  plain: { class: string; index: number };
  amounts: number[];
  lines: { class: string; index: number; probabilities: number[] }[];
  still: Pair | null;
}
export interface StressResponse extends PictureResponse {
  curve?: StressCurve;
}

export interface FilterResponse {
  input: InputImage;
  output: { size: Pair; signed: boolean; maps: string };
  window: { kernel: Pair; stride: Pair; padding: [Pair, Pair] };
  place: { unit: Pair; corner: Pair; window: number[][]; products: number[][]; value: number };
  range: [number, number];
}

/** A row whose units can be tested: their count, the extent of their receptive field, the first width of the bar. */
export interface UnitRow {
  path: string;
  type: string;
  count: number;
  extent: number;
  width: number;
}
/** `field` is the receptive field, `window` the shown part of the input; `pictures` are bytes, one picture an orientation. */
export interface Tuning {
  unit: number;
  clearest: number;
  input: Pair;
  field: Box;
  window: Box;
  size: Pair;
  pictures: string;
  orientations: number[];
  responses: number[];
  preferred: number | null;
  selectivity: number;
  selective: boolean;
}

export type AttributionMethod = "grad_cam" | "occlusion" | "saliency" | "integrated_gradients";
export interface Extreme {
  value: number | null;
  row: number;
  column: number;
}
export interface Attribution extends PictureResponse {
  methods: AttributionMethod[];
  method: AttributionMethod;
  class: { index: number; name: string };
  path: string | null;
  map: PackedMaps;
  least: Extreme;
  most: Extreme;
}
export interface GradientFlow {
  name: string;
  shortcuts: boolean;
  depths: number[];
  gradients: number[];
  growth: number | null;
  spread: number | null;
}

/** The fields of a recipe that the page's form has. */
export interface Recipe {
  epochs: number;
  batch_size: number;
  learning_rate: number;
  seed: number;
}
export interface TrainingOptions {
  data: string[];
  tables: Record<string, Recipe>;
  default: Recipe;
  trains: boolean;
}
export type TrainRequest = Recipe & { table: string | PlainTable; data: string; replay: number };
/** "outside": started on the command line and not finished. */
export type RunState = "running" | "finished" | "stopped" | "failed" | "outside";
export interface Run {
  name: string;
  state: RunState;
  table: string;
  data: string;
  epochs: number;
  done: number;
  best: number | null;
  model: boolean;
  own: boolean;
}
export type RunAction = "stop" | "resume" | "look" | "remove";
export interface History {
  epoch: number[];
  train_loss: number[];
  train_accuracy: number[];
  test_loss: number[];
  test_accuracy: number[];
}
export interface Progress {
  epoch: number;
  images: number;
  epoch_images: number;
  loss: number;
  accuracy: number;
  images_per_second: number;
}
export interface Kernels {
  count: number;
  channels: number;
  of: number;
  size: Pair;
  maps: string;
}
/** A training between two epochs; `trail` are (epochs done, loss, accuracy) within the present epoch. */
export interface LiveRun {
  phase: "starting" | "reading" | "training" | "ending";
  decoded?: [done: number, total: number] | null;
  progress?: Progress | null;
  trail?: [number, number, number][];
  seconds_left?: number | null;
  kernels: { row: string; first: Kernels; now: Kernels } | null;
  warnings: string[];
}
/** The steps of a run's snapshots; `version` is another number in another run of the same name. */
export interface Replay {
  steps: number[];
  version: number;
}
export type RunDetail = Run & { history: History | null; live: LiveRun | null; replay: Replay | null; reason: string | null };
/** `responses` are over `orientations`, of the units whose kernels are sent. */
export interface FirstConvolution {
  row: string;
  kernels: Kernels;
  maps: Kernels;
  orientations: number[];
  responses: number[][];
  selectivity: number[];
}
/** A snapshot of a run: what it shows of the run's picture, whose class is `label`. */
export interface ReplayFrame {
  step: number;
  label: string;
  input: InputImage;
  top: ClassProbability[];
  first: FirstConvolution | null;
}

// The routes of the server below /lab/

export type Query = Record<string, string | number | boolean>;
export interface GetResponses {
  models: { models: ModelInfo[] };
  samples: { samples: SampleInfo[] };
  tables: Catalog;
  table: PossibleTable;
  stress: { sliders: Record<string, SliderRange> };
  filters: { kernels: Record<string, number[][]> };
  units: { rows: UnitRow[] };
  turn: Tuning;
  "gradient-flow": { networks: GradientFlow[] };
  data: TrainingOptions;
  runs: { runs: Run[] };
  run: RunDetail;
  replay: ReplayFrame;
}
export interface PostResponses {
  table: TableReport;
  compare: Comparison;
  runs: { name: string };
  "run/stop": { name: string };
  "run/resume": { name: string };
  "run/delete": { name: string };
}
export interface PictureResponses {
  layers: LayersResponse;
  row: RowMaps;
  unit: Unit;
  slide: SlideResponse;
  stress: StressResponse;
  filters: FilterResponse;
  why: Attribution;
}
