/* SPDX-License-Identifier: MIT. A port of Python's tomllib, copyright 2021 Taneli Hukkinen; the licence stands in toml.js. */

/** Which names a TOML document has given, and what may still be added to them; after Python's tomllib. */

import { quoted } from "../../engine/spelling.js";

/** @typedef {{ isExplicit: boolean, isFrozen: boolean, freezesInner: boolean, inner: Map<string, Name> }} Name */

export class TomlNames {
  /** @param {(line: string) => never} fail */
  constructor(fail) {
    this.fail = fail;
    /** @type {Record<string, any>} */
    this.root = Object.create(null);
    /** @type {Map<string, Name>} */
    this.names = new Map();
    /** @type {string[]} */
    this.header = [];
    /** @type {string[][]} */
    this.dotted = []; // tables that dotted keys made: no header may open them later
  }

  beginHeader() {
    for (const key of this.dotted) this.#name(key).isExplicit = true;
    this.dotted = [];
  }

  /** [key] @param {string[]} key */
  openTable(key) {
    if (this.#isExplicit(key) || this.#isFrozen(key)) this.fail(`Cannot declare ${spellKey(key)} twice`);
    this.#name(key).isExplicit = true;
    this.#nest(this.root, key, true);
    this.header = key;
  }

  /** [[key]] @param {string[]} key */
  openList(key) {
    if (this.#isFrozen(key)) this.fail(`Cannot mutate immutable namespace ${spellKey(key)}`);
    this.#forget(key);
    this.#name(key).isExplicit = true;
    const nest = this.#nest(this.root, key.slice(0, -1), true), last = key[key.length - 1];
    if (last in nest && !Array.isArray(nest[last])) this.fail("Cannot overwrite a value");
    nest[last] ??= [];
    nest[last].push(Object.create(null));
    this.header = key;
  }

  /** @param {string[]} key below the present header @param {unknown} value */
  assign(key, value) {
    const [parent, last] = [[...this.header, ...key.slice(0, -1)], key[key.length - 1]];
    for (let length = 1; length < key.length; length++) {
      const inner = [...this.header, ...key.slice(0, length)];
      if (this.#isExplicit(inner)) this.fail(`Cannot redefine namespace ${spellKey(inner)}`);
      this.dotted.push(inner);
    }
    if (this.#isFrozen(parent)) this.fail(`Cannot mutate immutable namespace ${spellKey(parent)}`);
    const nest = this.#nest(this.root, parent, true);
    if (last in nest) this.fail("Cannot overwrite a value");
    if (isNest(value)) this.#freeze([...parent, last]);
    nest[last] = value;
  }

  /** A field of an inline table. @param {string[]} key @param {unknown} value */
  assignInline(key, value) {
    if (this.#isFrozen(key)) this.fail(`Cannot mutate immutable namespace ${spellKey(key)}`);
    const nest = this.#nest(this.root, key.slice(0, -1), false), last = key[key.length - 1];
    if (last in nest) this.fail(`Duplicate inline table key ${quoted(last)}`);
    nest[last] = value;
  }

  /** @param {string[]} key @param {unknown} value */
  freezeInline(key, value) {
    if (isNest(value)) this.#freeze(key);
  }

  /**
   * The table of a key, made where there is none; that of a list is its last.
   * @param {any} nest
   * @param {string[]} key
   * @param {boolean} intoLists
   */
  #nest(nest, key, intoLists) {
    for (const part of key) {
      if (!(part in nest)) nest[part] = Object.create(null);
      nest = nest[part];
      if (intoLists && Array.isArray(nest)) nest = nest[nest.length - 1];
      if (typeof nest !== "object" || Array.isArray(nest) || Object.getPrototypeOf(nest) !== null) this.fail("Cannot overwrite a value");
    }
    return nest;
  }

  /** @param {string[]} key @returns {Name} */
  #name(key) {
    let [names, name] = [this.names, /** @type {Name | undefined} */ (undefined)];
    for (const part of key) {
      if (!names.has(part)) names.set(part, { isExplicit: false, isFrozen: false, freezesInner: false, inner: new Map() });
      name = /** @type {Name} */ (names.get(part));
      names = name.inner;
    }
    return /** @type {Name} */ (name);
  }

  /** @param {string[]} key */
  #freeze(key) {
    Object.assign(this.#name(key), { isFrozen: true });
  }

  /** @param {string[]} key */
  #forget(key) {
    let names = this.names;
    for (const part of key.slice(0, -1)) {
      const name = names.get(part);
      if (!name) return;
      names = name.inner;
    }
    names.delete(key[key.length - 1]);
  }

  /** Whether the key, or one that holds it, has a list or an inline table as its value. @param {string[]} key */
  #isFrozen(key) {
    let names = this.names;
    for (const part of key) {
      const name = names.get(part);
      if (!name || name.isFrozen) return Boolean(name);
      names = name.inner;
    }
    return false;
  }

  /** @param {string[]} key */
  #isExplicit(key) {
    let [names, found] = [this.names, /** @type {Name | undefined} */ (undefined)];
    for (const part of key) {
      found = names.get(part);
      if (!found) return false;
      names = found.inner;
    }
    return Boolean(found?.isExplicit);
  }
}

/** A key as Python writes it. @param {string[]} key */
const spellKey = (key) => `(${key.map(quoted).join(", ")}${key.length === 1 ? "," : ""})`;

/** Whether a value is a list or an inline table. @param {any} value */
const isNest = (value) => Array.isArray(value) || (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null);
