/** The network as a diagram: columns of maps from the input to the classes, the lines between them, and one unit looked at. */

import { decodeBase64 } from "../../lib/canvas.js";
import { h, replaceChildren } from "../../lib/dom.js";
import { isEmpty, mapsOf, oneCell, pixelsRead, strength } from "../../lib/network-geometry.js";
import { diagramItems, diagramNodes, fedBy, INPUT, readFrom } from "../../lib/network-graph.js";
import { textScale } from "../../lib/presentation.js";
import { inputColumn } from "./input-column.js";
import { buildItems, fitItem, HEAD, SMALLEST } from "./items.js";
import { diagramMarks } from "./marks.js";

/** @import { Box, DiagramItem, DiagramNode, LayersResponse, MapCells, Network, NetworkRow } from "../../lib/types.d.ts" */
/** @import { Column } from "./column.js" */
/** @import { Edge } from "./marks.js" */

const LARGEST = 132; // of a tile, in CSS pixels
const MOST_LINES = 130; // between two columns at rest; more are a band
const MOST_LIT = 160; // to a unit that is looked at
const [CLASSES, NARROWER] = [210, 150]; // the width of their names and bars

/**
 * @param {{ onUnit: (path: string, unit: number[] | null) => void, onOpen: (path: string, unit: number[]) => void,
 *   onToggle: (id: string) => void, classes: HTMLElement }} options
 */
export function networkDiagram({ onUnit, onOpen, onToggle, classes }) {
  const marks = diagramMarks();
  const flow = h("div", { class: "flow" });
  const element = h("div", { class: "diagram" }, flow);
  /** @type {Network | null} */
  let network = null;
  /** @type {DiagramItem[]} */
  let items = [];
  /** @type {Map<string, DiagramNode>} */
  let nodes = new Map();
  /** @type {Map<string, Column>} */
  let columns = new Map();
  /** The places where branches meet. @type {Map<string, HTMLElement>} */
  let joins = new Map();
  /** @type {Map<string, Box>} */
  const places = new Map();
  /** @type {Map<string, Uint8Array | null>} */
  const strengths = new Map();
  /** @type {{ show: (input: LayersResponse["input"]) => void } | null} */
  let input = null;
  /** @type {LayersResponse | null} */
  let answer = null;
  let narrow = false;
  /** What is lit up: the path of a row, and a unit of it. @type {[path: string, unit: number[] | null]} */
  let lit = [INPUT, null];

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const column = columns.get(/** @type {HTMLElement} */ (target).dataset.path ?? "");
      if (!column) continue;
      const appears = isIntersecting && !column.visible;
      column.visible = isIntersecting;
      if (appears) paint(column);
    }
  }, { rootMargin: "200px" });

  /** Set the sizes for the room that there is, and draw the lines. */
  function layout() {
    if (!network || !element.isConnected) return;
    const width = element.clientWidth;
    const unit = textScale(); // all other sizes are for a text of the usual size
    narrow = width < 640;
    element.classList.toggle("narrow", narrow);
    const isTight = !narrow && width < 900 * unit;
    element.classList.toggle("tight", isTight);
    const pitch = (width - unit * (isTight ? NARROWER : CLASSES)) / (columns.size + 1);
    const height = Math.max(400, innerHeight - (element.getBoundingClientRect().top + scrollY) - 28);
    const largest = narrow ? 96 * unit : Math.max(height / 18, Math.min(LARGEST * unit, pitch * 0.78));
    const space = { width: narrow ? width - 24 : largest, height, smallest: narrow ? 44 : SMALLEST, largest, narrow, isLane: false, unit };
    columns.get(INPUT)?.fit({ ...space, height: height - HEAD * unit });
    for (const item of items) fitItem(columns, item, space);
    flow.style.minHeight = narrow ? "0" : `${height}px`;
    element.classList.remove("wide");
    element.classList.toggle("wide", !narrow && flow.offsetWidth > element.clientWidth);
    measure();
    connect();
    light(...lit);
  }

  function measure() {
    const origin = flow.getBoundingClientRect();
    places.clear();
    /** @type {(key: string, target: Element) => void} */
    const place = (key, target) => {
      const box = target.getBoundingClientRect();
      places.set(key, { top: box.top - origin.top, left: box.left - origin.left, height: box.height, width: box.width });
    };
    for (const [path, { tiles }] of columns) place(path, tiles);
    for (const [path, join] of joins) {
      place(`+${path}`, join);
      [...join.children].forEach((part, branch) => place(`+${path} ${branch}`, part));
    }
    marks.resize(flow.offsetWidth, flow.offsetHeight);
  }

  /** A cell, a tile or several on the diagram. @type {(path: string, cells: MapCells) => Box[]} */
  function boxesOf(path, { maps, box }) {
    const column = columns.get(path);
    const place = places.get(path);
    if (!column || !place || isEmpty({ maps, box })) return [];
    const tiled = new Set(column.maps());
    const visible = path === INPUT ? [0] : maps.filter((map) => tiled.has(map));
    return visible.map((map) => {
      const first = column.cellBox([map, box.top, box.left]);
      return {
        top: place.top + first.top, left: place.left + first.left, height: first.height * box.height, width: first.width * box.width,
      };
    });
  }

  /**
   * The end of a line to a map: its tile, as wide as its column, so that no line runs behind tiles.
   * @type {(path: string, map: number) => Box}
   */
  function endOf(path, map) {
    const [, height, width] = columns.get(path)?.shape ?? [0, 1, 1];
    const [tile] = boxesOf(path, { maps: [map], box: { top: 0, left: 0, height, width } });
    const place = places.get(path) ?? tile;
    return narrow ? { ...tile, top: place.top, height: place.height } : { ...tile, left: place.left, width: place.width };
  }

  /** @type {(row: NetworkRow, from: number, to: number) => number | null} */
  function strengthOf(row, from, to) {
    if (!strengths.has(row.path)) strengths.set(row.path, row.strengths ? decodeBase64(row.strengths) : null);
    return strength(row, strengths.get(row.path) ?? null, from, to);
  }

  /**
   * The visible pairs of maps of a node and one of its sources.
   * @type {(node: DiagramNode, index: number, maps: number[]) => [number, number][]}
   */
  function pairs(node, index, maps) {
    const source = node.sources[index];
    const [, height, width] = mapsOf(node.row?.shape ?? [1]);
    const tiled = new Set(columns.get(source.from)?.maps());
    return maps.flatMap((map) => {
      const read = readFrom(node, source, { maps: [map], box: { top: 0, left: 0, height, width } }).maps;
      const visible = source.from === INPUT ? read.slice(0, 1) : read.filter((from) => tiled.has(from));
      return visible.map((from) => /** @type {[number, number]} */ ([from, map]));
    });
  }

  /** Draw the connections of all neighbouring columns. */
  function connect() {
    /** @type {Edge[]} */
    const lines = [];
    /** @type {Edge[]} */
    const bands = [];
    /** @type {Edge[]} */
    const streams = [];
    /** @type {{ from: Box, to: Box, top: number }[]} */
    const arcs = [];
    for (const node of nodes.values()) {
      const to = places.get(node.path);
      const join = places.get(`+${node.path}`);
      node.sources.forEach((source, index) => {
        const from = places.get(source.from);
        if (!from || !to || !node.row) return;
        if (join) {
          const isShortcut = node.row.type === "Add" && index === 1 && !node.row.branches?.[1].length;
          const part = places.get(`+${node.path} ${index}`);
          if (isShortcut) arcs.push({ from, to: join, top: shortcutTop(node) });
          else if (part) bands.push({ from, to: part });
          else streams.push({ from, to: join });
          return;
        }
        const tiled = columns.get(node.path)?.maps() ?? [];
        const most = Math.max(columns.get(source.from)?.maps().length ?? 0, tiled.length);
        const units = most > 32 || source.rows.length > 1 || Boolean(source.rows[0].branches);
        const found = units ? [] : pairs(node, index, tiled);
        if (found.length === 0 || found.length > MOST_LINES) return void bands.push({ from, to });
        for (const [a, b] of found) {
          lines.push({ from: endOf(source.from, a), to: endOf(node.path, b), strength: strengthOf(source.rows[0], a, b) });
        }
      });
      if (join && to) (node.row?.type === "Add" ? streams : bands).push({ from: join, to });
    }
    marks.rest({ lines, bands, streams, arcs }, !narrow);
  }

  /** How high a shortcut passes over the body of its unit; how far right in a narrow page. @param {DiagramNode} node */
  function shortcutTop(node) {
    const group = columns.get(node.path)?.element.closest(".group")?.getBoundingClientRect();
    const origin = flow.getBoundingClientRect();
    return group ? (narrow ? group.right - origin.left - 10 : group.top - origin.top + 50) : 0;
  }

  /** @param {Column} column */
  function paint(column) {
    const maps = answer?.rows.find(({ path }) => path === column.path);
    if (maps && column.visible) column.paint(maps);
  }

  /**
   * Light up what a unit reads and what it feeds; null for none.
   * @param {string} path
   * @param {number[] | null} unit
   */
  function light(path, unit) {
    lit = [path, unit];
    const node = nodes.get(path);
    if (!node?.row || !unit || !network) return marks.highlight(null, !narrow);
    const cells = oneCell(unit[0], unit[1], unit[2]);
    /** @type {Edge[]} */
    const lines = [];
    const read = node.sources.flatMap((source, index) => {
      const found = pairs(node, index, [unit[0]]).map(([from]) => from);
      const own = endOf(path, unit[0]);
      const row = source.rows.length === 1 && !source.rows[0].branches ? source.rows[0] : null;
      const edges = found.map((from) =>
        ({ from: endOf(source.from, from), to: own, strength: row ? strengthOf(row, from, unit[0]) : null }));
      edges.sort((a, b) => Math.abs(b.strength ?? 0) - Math.abs(a.strength ?? 0));
      lines.push(...edges.slice(0, MOST_LIT));
      return source.from === INPUT ? [] : boxesOf(source.from, readFrom(node, source, cells));
    });
    const pixels = pixelsRead(network, path, cells);
    read.push(...boxesOf(INPUT, { maps: [0], box: pixels }));
    /** @type {Edge[]} */
    const fedLines = [];
    const fed = [...nodes.values()].flatMap((next) => next.sources.flatMap((source) => {
      if (source.from !== path || !next.row) return [];
      const target = fedBy(next, source, cells);
      const tiled = new Set(columns.get(next.path)?.maps());
      const row = source.rows.length === 1 && !source.rows[0].branches ? source.rows[0] : null;
      for (const map of target.maps.filter((to) => tiled.has(to)).slice(0, MOST_LIT)) {
        fedLines.push({ from: endOf(path, unit[0]), to: endOf(next.path, map), strength: row ? strengthOf(row, unit[0], map) : null });
      }
      return boxesOf(next.path, target);
    }));
    marks.highlight({ read, fed, own: boxesOf(path, cells), lines, fedLines }, !narrow);
  }

  flow.addEventListener("pointermove", (event) => {
    const column = columnAt(event);
    const unit = column?.unitUnder(event) ?? null;
    onUnit(column?.path ?? INPUT, unit);
  });
  flow.addEventListener("pointerleave", () => onUnit(INPUT, null));
  flow.addEventListener("click", (event) => {
    const column = columnAt(event);
    const unit = column?.unitUnder(event);
    if (column && unit) onOpen(column.path, unit);
  });

  /** @param {Event} event */
  const columnAt = ({ target }) => {
    const tiles = target instanceof Element ? target.closest("[data-tiles]") : null;
    return columns.get((tiles instanceof HTMLElement && tiles.dataset.tiles) || INPUT);
  };

  const resized = new ResizeObserver(() => layout());
  resized.observe(element);

  return {
    element,
    light,
    /** The rows whose maps are shown. */
    paths: () => [...nodes.keys()].filter((path) => path !== INPUT),
    /** @param {string} path */
    column: (path) => columns.get(path),
    /** @param {string} path */
    shapeOf: (path) => nodes.get(path)?.row?.shape,
    /**
     * Show a network, with these stages and modules unfolded.
     * @param {Network} shown
     * @param {Set<string>} unfolded
     */
    setNetwork(shown, unfolded) {
      network = shown;
      items = diagramItems(network.rows, unfolded);
      nodes = diagramNodes(items);
      const first = inputColumn(network);
      const built = buildItems(items, network.towers, onToggle);
      ({ joins } = built);
      columns = built.columns.set(INPUT, first);
      input = first;
      strengths.clear();
      observer.disconnect();
      for (const column of columns.values()) observer.observe(column.element);
      replaceChildren(flow, marks.elements[0], first.element, built.elements, classes, marks.elements[1]);
      layout();
    },
    /** @param {LayersResponse} shown */
    show(shown) {
      answer = shown;
      input?.show(answer.input);
      for (const column of columns.values()) paint(column);
    },
    unmount() {
      observer.disconnect();
      resized.disconnect();
    },
  };
}

