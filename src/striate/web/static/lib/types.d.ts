/**
 * The types of the page, each in one place: geometry, state, what the server answers, tables as plain data.
 * A file imports them by `@import { Unit } from "../lib/types.d.ts"`. The browser never asks for this file.
 */

// Text

export type Language = "en" | "ko";
type Texts =
  & typeof import("../strings/en.js").en
  & typeof import("../strings/class.en.js").en
  & typeof import("../strings/cortex.en.js").en
  & typeof import("../strings/filters.en.js").en
  & typeof import("../strings/instruments.en.js").en
  & typeof import("../strings/layers.en.js").en
  & typeof import("../strings/lessons.en.js").en
  & typeof import("../strings/share.en.js").en
  & typeof import("../strings/proof.en.js").en
  & typeof import("../strings/stress.en.js").en
  & typeof import("../strings/table.en.js").en
  & typeof import("../strings/train.en.js").en
  & typeof import("../strings/why.en.js").en;
/** The key of a text: of those that are loaded with the page, and of those that a view brings. */
export type StringKey = keyof Texts;

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

// The network as a diagram (lib/network-geometry.js, lib/network-graph.js)

/** The cells of some maps under one box; a row of units is as many maps of one cell. */
export interface MapCells {
  maps: number[];
  box: Box;
}
/** Which cells of a map a unit reads; `before` is the padding above and to the left. */
export type CellRule =
  | { kind: "window"; kernel: Pair; stride: Pair; before: Pair; dilation: Pair }
  | { kind: "bins"; axes: [Pair[], Pair[]] }
  | { kind: "own" }
  | { kind: "all" };
/** Which maps of its input a map reads. */
export type MapRule =
  | { kind: "all"; groups: number }
  | { kind: "listed"; inputs: number[][] }
  | { kind: "neighbours"; before: number; after: number; groups: number }
  | { kind: "own" };
/** A row with branches has no rules of its own. `shown` are the maps that the diagram shows of it; `strengths` are bytes, (output maps, input maps of each). */
export interface NetworkRow {
  path: string;
  type: string;
  activation: string | null;
  input: number[];
  shape: number[];
  shown: number[];
  branches?: NetworkRow[][];
  cells?: CellRule;
  maps?: MapRule;
  strengths?: string | null;
}
export interface Network {
  input: Shape;
  classes: string[];
  towers: number;
  rows: NetworkRow[];
}
/** What a diagram shows of some rows: a row; a module with branches; a stage of several rows. Folded: without lanes or items. */
export type DiagramItem = { id: string; row: NetworkRow; rows: NetworkRow[] } & (
  | { kind: "row" }
  | { kind: "module"; lanes: DiagramItem[][] | null }
  | { kind: "stage"; name: string; items: DiagramItem[] | null }
);
/** From which node, and through which rows or as which branch of the node's row. */
export interface NodeSource {
  from: string;
  rows: NetworkRow[];
  branch: number | null;
}
/** Maps that are visible in a diagram; the input has no row. */
export interface DiagramNode {
  path: string;
  row: NetworkRow | null;
  sources: NodeSource[];
}
/** Tiles in columns and lines: the first `shown`, each of this size, in CSS pixels; more space before the line `split`. */
export interface TileGrid {
  shown: number;
  columns: number;
  lines: number;
  tile: Pair;
  gap: number;
  split?: number;
}

// Charts

export interface ChartLine {
  name: string;
  points: [x: number, y: number][];
  color?: number;
  dashed?: boolean;
  dots?: boolean;
  band?: [x: number, least: number, most: number][];
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
/** A photo: what is sent of it, what is painted, and for which shorter side of a network's picture that is enough. */
export interface Photo {
  file: Blob;
  name: string;
  image: ImageBitmap | HTMLCanvasElement;
  side?: number;
  /** Of a validation picture of a run: the run, and its number there. */
  validation?: { run: string; image: number };
}
/** The samples of a model: "digits" or "photos", which ship; "runs/NAME", which the run keeps; "" for none. */
export type SampleSet = string;
/** A sample picture; its class is null if it is none of its set's. Where it comes from is null for one of a run. */
export interface SamplePicture extends Photo {
  class: string | null;
  author: string | null;
  licence: string | null;
  source: string | null;
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
  animating: boolean;
  speed: number;
}
/** `unit` is the one whose sum is open; `unfolded` are the stages and modules that are shown with what is inside them. */
export interface NetworkState {
  model: string;
  path: string;
  unit: number[] | null;
  input: number | null;
  unfolded: Set<string>;
}
export interface StressState {
  amounts: Record<string, number>;
  sweep: string;
}
/** A state of the table that undo and redo return to. */
export interface TableVersion {
  source: string;
  original: PossibleTable;
  table: PlainTable;
}
export interface SecondTable {
  source: string;
  table: PlainTable | null;
}
/** A table of a link: its source, the table itself if the server does not know it, its edits; all as somebody typed them. */
export interface LinkedTable {
  source: string;
  own: unknown;
  edits: unknown;
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
  past: TableVersion[];
  future: TableVersion[];
  /** The field of the last edit: further typing in it is the same edit. */
  lastField: string;
  /** Combinators whose inner rows are shown, and rows whose other fields are shown, by their keys. */
  open: Set<string>;
  details: Set<string>;
  /** Whether its drawing is shown; null before that is chosen. */
  drawn: boolean | null;
  second: SecondTable;
  /** Of a link, not opened yet. */
  linked: LinkedTable | null;
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
  /** The picture whose maps are shown while a network learns. */
  picture: "mine" | "validation";
  /** The step of the snapshot that is shown; null for the last moment, which follows a training. */
  snapshot: number | null;
  /** Whether the confusion matrix is open, and its chosen cell: true and predicted class. */
  matrix: boolean;
  cell: number[] | null;
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
/** `orientation` is the index of an orientation; `unit` is null until the server has named the most selective one,
 * `width` is 0 and `rows` are none until it has described the model's rows. */
export interface CortexState {
  model: string;
  rows: UnitRow[];
  path: string;
  unit: number | null;
  width: number;
  contrast: "light" | "dark";
  position: number;
  orientation: number;
  /** The order of the row's units. */
  order: "number" | "selectivity";
}
/** `class` is one of this model's for this picture; null for the most probable. `other` is a second one beside it, or null. */
export interface WhyState {
  model: string;
  picture: Picture | null;
  class: number | null;
  other: number | null;
  opacity: number;
  depth: number;
}
/** `lesson` is null for the table of contents; `exercise` is null before one is chosen, `seed` before one is drawn. `claim`
 * names a claim of the notes: then the ledger is shown. */
export interface LessonsState {
  lesson: number | null;
  exercise: number | null;
  seed: number | null;
  claim: string;
}
export interface State {
  models: ModelInfo[];
  model: string;
  /** The set of the chosen model's samples. */
  samples: SampleSet;
  picture: Picture | null;
  strokes: Stroke[];
  draw: DrawState;
  network: NetworkState;
  layers: LayersState;
  stress: StressState;
  table: TableState;
  train: TrainState;
  filters: FiltersState;
  cortex: CortexState;
  why: WhyState;
  lessons: LessonsState;
}

// The course

/** A text, or an element of one of a few tags. */
export type LessonElement =
  | string
  | { tag: keyof HTMLElementTagNameMap; href?: string; class?: string; rel?: string; children: LessonElement[] };
export interface LessonEntry {
  number: number;
  title: string;
  exercises: number;
}
export type LessonSection = "do" | "see" | "notes" | "further";
/** `choices` are what a prediction may be chosen from; `exercises` are their titles, drawn from so many seeds, from 0. */
export interface Lesson {
  number: number;
  title: string;
  predict: LessonElement[];
  choices: LessonElement[][];
  sections: Record<LessonSection, { title: string; elements: LessonElement[] }>;
  exercises: string[];
  seeds: number;
}
/** What a student has done of a lesson: the prediction, "" if none was made; the numbers of the exercises that were right. */
export interface LessonProgress {
  prediction: string | null;
  right: number[];
}
/** The place in a lesson from which a view was opened: the item of the section that holds the link. */
export interface LessonPlace {
  lesson: number;
  section: LessonSection;
  item: number;
}
export interface Exercise {
  title: string;
  question: string;
  grids: { title: string; rows: string[][] }[];
}
export interface ExerciseVerdict {
  right: boolean;
  readable: boolean;
  misconception: string | null;
  says: string;
}
export interface Solution {
  key: string;
  solution: string;
  mistakes: { answer: string; says: string }[];
}
export interface NotesClaim {
  name: string;
  number: number;
  quote: string;
  english: string;
  verdict: "agrees" | "agrees if" | "disagrees" | "answered";
  says: string;
  condition: string;
  basis: string;
  finding: string;
  why: string;
  source: string;
  lesson: number;
}

// The instruments

/** Rows of numbers, one row in one dimension; `at` counts the places of g over x row by row. */
export interface OverlapState {
  x: number[][];
  g: number[][];
  flipped: boolean;
  at: number;
}
/** `shift` is in pixels to the right; `place` is a cell of the result, null for the one whose window has the most contrast. */
export interface PoolingState {
  kernel: number;
  stride: number;
  kind: "max" | "average" | "none";
  shift: number;
  place: Pair | null;
}
/** `channel` is the map whose normalization is worked out. */
export interface LrnState {
  values: number[];
  size: number;
  k: number;
  alpha: number;
  beta: number;
  channel: number;
}
export type OverlapExample = Pick<OverlapState, "x" | "g">;
/** `target` is the filter that is looked for, `step` the step of the descent that is shown. */
export interface LearnedFilterState {
  target: "sobel_x" | "sobel_y" | "outline" | "gaussian_blur" | "sharpen" | "emboss";
  seed: number;
  step: number;
}
export interface DropoutState {
  rate: number;
  draws: number;
  seed: number;
}
export interface AugmentationState {
  draws: number;
  seed: number;
  recipe: "alexnet" | "googlenet" | "resnet34" | "resnet20" | "lenet5:distorted" | "own";
}
export interface ResidualState {
  weight: number;
  plain: boolean;
  centred: boolean;
  seed: number;
}
/** The switches of the gradient bench. */
export interface BenchSetting {
  depth: 8 | 14 | 20 | 32 | 44 | 56;
  shortcut: boolean;
  initialization: "he" | "glorot" | "small" | "large" | "huge";
  batch_norm: boolean;
}
export type GradientBenchState = BenchSetting & { kept: BenchSetting | null };

/** How a value stands in an address; `read` returns null for what is no such value. */
export interface LinkValue<T> {
  read: (text: string | null) => T | null;
  write: (value: T) => string | null;
}
/** A field of a view's state in its address (lib/link.js); `initial` is the text that is left out. */
export interface LinkField {
  initial?: string | null;
  write: () => string | number | null;
  read: (text: string | null, textOf: (name: string) => string | null) => void;
  step?: boolean;
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

/** An SVG element of a drawing: its tag, its attributes, its text or its children. */
export type DrawnElement = [tag: string, attributes: Record<string, string>, content: string | DrawnElement[]];

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
/** What the lines of the table are built from. */
export interface RowContext {
  types: RowTypes;
  actions: TableActions;
  open: Set<string>;
  details: Set<string>;
}
/** The place of a line's row; it changes when rows move. */
export interface Spot {
  place: Place;
}
/** A line of the table; `update` writes new reports into it. */
export interface Line {
  element: HTMLElement;
  update?: (reports: Reports) => void;
}
/** A line with the same key looks the same and is kept; its place may be another one. */
export interface LineRecipe {
  key: string;
  place: Place;
  build: (spot: Spot) => Line;
}
export interface Cell {
  element: HTMLElement;
  update: (row: PlainRow, report: RowReport | undefined, original: OriginalRow | undefined) => void;
}

// What the server answers (striate.web.lab)

/** `side` is the shorter side, in pixels, to which the server scales a larger picture down before anything else. */
export interface ModelInfo {
  name: string;
  table: string;
  input: Shape;
  side: number;
  samples: SampleSet;
}
export interface SampleInfo {
  name: string;
  class: string | null;
  author: string | null;
  licence: string | null;
  source: string | null;
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
/** `values` are the numbers of a few units, null where one is not finite. */
export type RowMaps = RowName & PackedMaps & { branches?: RowMaps[][]; values?: (number | null)[] };
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
  /** Whether the picture is of none of the classes, and how often that is said of one like the training data; of a model with a
   * threshold. */
  none_of_these?: boolean;
  false_alarm_rate?: number;
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
/**
 * The responses of one unit of a row to a bar. `field` is the receptive field, `window` the shown part of the input; `pictures`
 * are bytes, one picture an orientation. `roses` and `selectivities` are of all the row's units: for each its responses as
 * bytes, shares of its largest.
 */
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
  roses: string;
  selectivities: number[];
}
/** The selectivity of a row's units by gratings; a unit is selective from the threshold on. */
export interface GratingTuning {
  selectivities: number[];
  preferred: (number | null)[];
  threshold: number;
}

export type AttributionMethod = "grad_cam" | "occlusion" | "saliency" | "integrated_gradients";
export interface Extreme {
  value: number | null;
  row: number;
  column: number;
}
/** `evident` has a byte for each pixel of Grad-CAM's map, 0 where the maps are as for an empty picture. */
export interface Attribution extends PictureResponse {
  evident?: string;
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
/** `keeps`: whether runs outlive the page. */
export interface TrainingOptions {
  data: string[];
  tables: Record<string, Recipe>;
  default: Recipe;
  trains: boolean;
  keeps: boolean;
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
export type RunAction = "stop" | "resume" | "look" | "save" | "remove";
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
/** Kernels or maps as base64 bytes, as `PackedMaps`, `channels` for each; `of` is how many there are. */
export interface Kernels {
  count: number;
  channels: number;
  of: number;
  size: Pair;
  scale: number;
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
/** A moment of a training: a snapshot, or (null) the model of the last epoch. */
export interface Moment {
  step: number | null;
  model: string;
}
/** `diverged`: its loss was no finite number any more, so that to resume it leads there again. */
export type RunDetail = Run & {
  history: History | null;
  live: LiveRun | null;
  replay: Replay | null;
  reason: string | null;
  diverged: boolean;
  loss: "cross_entropy" | "rbf_mse" | "rbf_map";
  learning_rate: number;
};
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

/** `cells` are true class, predicted class, pictures: those that are not empty. `images` were predicted, out of `of`. */
export interface ConfusionMatrix {
  classes: string[];
  images: number;
  of: number;
  accuracy: number;
  cells: [number, number, number][];
}
/** A validation picture of a run, a PNG in base64; its name is that of its file, if it has one. */
export interface ValidationPicture {
  image: number;
  name: string | null;
  content: string;
}
export type CellPicture = ValidationPicture & { probability: number };

/** `places` are rows and columns; `products` and `sums` have one of them after the other. */
export interface OverlapResponse {
  kernel: number[][];
  places: Pair;
  products: number[][][];
  sums: number[];
}

/**
 * A picture and the same shifted, and both pooled; `change` is in gray levels, `followed` what is left of the output's when the
 * pooled maps are moved back by `cells`. `place` is a cell of the result, with the values of its window on each channel.
 */
export interface PoolingResponse {
  input: InputImage;
  shifted: InputImage;
  pooled: InputImage;
  pooled_shifted: InputImage;
  change: { input: number; output: number; followed: number; cells: number };
  place: { unit: Pair; corner: Pair; windows: number[][][]; values: number[] };
}

/** Of each map: its value after, the maps that it competes with, the sum of their squares, what it is multiplied by. */
export interface LrnResponse {
  after: number[];
  first: number[];
  last: number[];
  squares: number[];
  factors: number[];
  unopposed: number;
}
/** The units of a row as bytes, 128 for 0; for each network a byte a unit, 1 where it stays, and how many stay of all. */
export interface DropoutRow {
  path: string;
  rate: number;
  units: number;
  shown: number;
  values: string;
  kept: string[];
  counts: number[];
}
/** `probabilities` are of the response's classes. */
export interface DropoutAnswer {
  top: ClassProbability;
  probabilities: number[];
}
/** `gaps` are the largest differences of a probability: of the geometric mean to the network of the mean mask and (sample) to the whole one, of the arithmetic mean to the whole one. */
export interface DropoutResponse {
  rows: DropoutRow[];
  draws: number;
  exact: boolean;
  networks: DropoutAnswer[];
  classes: { class: string; index: number }[];
  answers: Record<"arithmetic" | "geometric" | "mean_mask" | "whole", DropoutAnswer>;
  votes: number[];
  gaps: Record<"arithmetic" | "geometric" | "sample", number>;
}
/** What a step of an augmentation drew; the names of its numbers are those of striate.inspection.AugmentationStep. */
export interface AugmentationStep {
  kind: string;
  numbers: Record<string, number>;
}
export interface AugmentationResponse {
  recipe: string;
  kinds: string[];
  size: Pair;
  input: InputImage;
  top: ClassProbability[];
  draws: { input: InputImage; top: ClassProbability[]; steps: AugmentationStep[] }[];
}
/** Norms of the gradient in a unit: after the last ReLU's derivative, and at the input by each path and by both. */
export interface PathGradients {
  at_sum: number;
  body: number;
  shortcut: number;
  together: number;
}
/** A shortcut where the size changes; its weights in a unit of 64 maps that keeps them, and in one that doubles them. */
export interface ShortcutChange {
  option: "A" | "B" | "C";
  maps: PackedMaps;
  same: number;
  changed: number;
}
/** `maps` are the input, the output and their difference; `sizes` the norms after so many blocks, as shares of the input's. */
export interface ResidualResponse {
  maps: PackedMaps;
  difference: number;
  largest: number;
  negative: boolean;
  gradient: PathGradients;
  chain: { blocks: number[]; maps: PackedMaps; sizes: number[] };
  options: ShortcutChange[];
}
/**
 * The kernel after each of `steps` steps, its loss and its largest difference from the target's weights; `maps` are the picture
 * filtered by the target, then by each kernel.
 */
export interface LearnedFilterResponse {
  steps: number[];
  target: number[][];
  kernels: number[][][];
  losses: number[];
  errors: number[];
  picture: InputImage;
  maps: PackedMaps;
}
/** The norms over depth for each seed; first over last, also for each layer; `limit` is the smallest number of float32. */
export interface GradientCourse {
  depths: number[];
  gradients: number[][];
  ratio: { least: number; median: number; most: number };
  layer: number;
  course: "vanishes" | "shrinks" | "keeps" | "grows" | "explodes";
  limit: number;
}

// The routes of the server below /lab/

export type Query = Record<string, string | number | boolean>;
export interface GetResponses {
  models: { models: ModelInfo[] };
  pages: { pages: string[] };
  network: Network;
  samples: { samples: SampleInfo[] };
  tables: Catalog;
  table: PossibleTable;
  stress: { sliders: Record<string, SliderRange> };
  filters: { kernels: Record<string, number[][]> };
  units: { rows: UnitRow[] };
  turn: Tuning;
  gratings: GratingTuning;
  "gradient-flow": { networks: GradientFlow[] };
  data: TrainingOptions;
  runs: { runs: Run[] };
  run: RunDetail;
  "run/model": { name: string; content: string };
  replay: ReplayFrame;
  confusion: ConfusionMatrix;
  "confusion/pictures": { images: number; pictures: CellPicture[] };
  "run/picture": ValidationPicture;
  "instruments/overlap": OverlapResponse;
  "instruments/lrn": LrnResponse;
  "instruments/gradient-flow": GradientCourse;
  lessons: { lessons: LessonEntry[] };
  lesson: Lesson;
  claims: { claims: NotesClaim[] };
  exercise: Exercise;
  solution: Solution;
}
export interface PostResponses {
  table: TableReport;
  compare: Comparison;
  drawing: { drawing: DrawnElement };
  qr: { rows: string[] };
  runs: { name: string };
  "run/stop": { name: string };
  "run/resume": { name: string };
  "run/delete": { name: string };
  exercise: ExerciseVerdict;
}
export interface PictureResponses {
  layers: LayersResponse;
  row: RowMaps;
  unit: Unit;
  slide: SlideResponse;
  stress: StressResponse;
  filters: FilterResponse;
  why: Attribution;
  "instruments/pooling": PoolingResponse;
  "instruments/learned-filter": LearnedFilterResponse;
  "instruments/dropout": DropoutResponse;
  "instruments/augmentation": AugmentationResponse;
  "instruments/residual": ResidualResponse;
}

// A class (class/, striate.web.classroom)

/** Labels by their places, with probabilities, the most probable first. */
export type ClassAnswer = [label: number, probability: number][];
/** What both pages of a class show: `asked` is the label that the teacher asks for, `open` whether drawings are taken. */
export interface ClassCommon {
  class: string;
  labels: string[];
  asked: number | null;
  open: boolean;
}
export interface OwnDrawing {
  id: string;
  answer: ClassAnswer;
  label: number | null;
  votes: number;
}
/** A device's page; `next` is the drawing to vote on. */
export interface ClassDesk extends ClassCommon {
  name: string;
  own: OwnDrawing[];
  next: string | null;
  waiting: number;
}
export type ClassVerdict = { answer: ClassAnswer; label: number | null } | null;
/** A drawing on the projector; `votes` are counts by label, and "none" for abstentions. */
export interface ClassDrawing {
  id: string;
  number: number;
  name: string;
  answer: ClassAnswer;
  label: number | null;
  votes: Record<string, number>;
}
/** The projector's page: all drawings after a `reset`, else those that have changed. */
export interface ClassBoard extends ClassCommon {
  version: string;
  reset: boolean;
  devices: number;
  drawings: ClassDrawing[];
  removed: string[];
  model: string;
  pages: string[];
}
/** What the parts of a device's page are given. */
export interface ClassDevice {
  request: (path: string, body?: { document?: unknown; picture?: Blob }) => Promise<any>;
  show: (desk: ClassDesk) => void;
  update: () => Promise<void>;
}
export interface ClassPart {
  element: HTMLElement;
  show: (desk: ClassDesk) => void;
}
