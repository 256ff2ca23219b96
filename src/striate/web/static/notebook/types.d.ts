/** The widget of a notebook: what its two sides exchange. */

/** What anywidget gives a view of the traits in Python; the part that is used. */
export interface WidgetModel {
  get(name: "_page"): string;
  get(name: "_picture"): DataView<ArrayBuffer>;
  set(name: string, value: unknown): void;
  on(event: string, listener: () => void): void;
  off(event: string, listener: () => void): void;
  save_changes(): void;
}

/** What the page in the frame says: it waits for a picture, or the sum of a unit was opened, or closed (""). */
export type FrameMessage = { kind: "ready" } | { kind: "unit"; row: string; unit: number[] };

/** What it is told: a PNG, or no bytes as long as there is no picture. */
export interface PictureMessage {
  picture: DataView<ArrayBuffer>;
}
