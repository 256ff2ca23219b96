/** English. The other languages have the same keys; a test compares them. */

export const en = {
  "page.skip": "To the content",
  "page.views": "Views",
  "page.model": "Model",
  "page.language": "Language",
  "view.draw": "Draw",
  "view.layers": "Layers",
  "view.stress": "Stress",
  "view.table": "Table",
  "view.train": "Train",
  "view.filters": "Filters",
  "view.cortex": "Cortex",
  "view.why": "Why",
  "hint.draw": "Draw, and see what the network takes it for",
  "hint.layers": "Every layer's maps, and one unit's arithmetic",
  "hint.stress": "Shift, scale, turn, thicken, add noise",
  "hint.table": "The network as a table that you can edit",
  "hint.train": "Train a table on your data",
  "hint.filters": "Kernels made by hand, on any picture",
  "hint.cortex": "Hubel and Wiesel's bar on a unit",
  "hint.why": "What in the picture the answer rests on",
  "token.title": "This server asks for a token",
  "token.label": "The token that it was started with",
  "token.send": "Go on",
  "bars.label": "What the network takes it for",
  "maps.identity": "shortcut: the input itself",
  "maps.more": "and {count} more",
  "maps.units": "{path}: {count} units",
  "maps.map": "{path}, map {map}",
  "pad.label": "Drawing pad",
  "pad.clear": "Clear",
  "pad.photo": "Photo…",
  "pad.pen": "Pen",
  "pad.samples": "Samples",
  "pad.sample": "Draw a {digit}",
  "pad.hint": "Draw with mouse, finger or pen; or paste, or drop, a photo.",
  "pad.name": "the drawing",
  "pad.unreadable": "{name}: the browser cannot read this file as a picture",
  // draw
  "draw.seen": "What the network sees",
  "draw.seen.why": "Your drawing as its table's input: figure found, scaled, put in the middle.",
  "draw.empty": "Draw something.",
  "draw.verdict": "{class}, {share} sure",
  "draw.maps": "Layer by layer",
  "draw.maps.why": "Orange is above zero, blue below, black is zero.",
  "draw.more": "Look closer in Layers",
  // layers
  // stress
  // table
  // train
  // filters
  // cortex
  // why
};
