/** What a page that carries everything in itself offers its modules. */

/** A part of the page: its size when it is inflated, and the SHA-256 of its text. */
export interface PartInfo {
  size: number;
  digest: string;
}

/** What stands written in the page. */
export interface Written {
  /** The module that runs first. */
  entry: string;
  /** The parts by their names: "code", "documents", "model 0", ... */
  parts: Record<string, PartInfo>;
  /** A digest over those of all parts, by which two files can be compared. */
  digest: string;
}

export interface OwnPage extends Omit<Written, "entry"> {
  /** The bytes of a part; an error if they are not those that were written. */
  readPart(name: string): Promise<Uint8Array>;
  urlOf(path: string): string;
  load(from: string, specifier: string): Promise<any>;
}

/** What stands before the text of a service worker. */
export interface InstalledPage {
  version: string;
  files: string[];
}

declare global {
  /** Only in a page that carries everything in itself. */
  var striatePage: OwnPage | undefined;
}
