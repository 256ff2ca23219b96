/**
 * A table from plain data and back; striate/tables/schema.py. Which fields there are, of which types and defaults, is what Python's
 * `schema_to_json` wrote of its dataclasses. A part of a table that is read is an object of all its fields.
 */

import { Float, quoted, spell } from "../../engine/spelling.js";
import { named, TableError, within } from "../../engine/table-error.js";
import { nearestName } from "../similar.js";
import { checkRow } from "./row-rules.js";

/** @import { SchemaClass, SchemaDocument, SchemaField, Type } from "./types.d.ts" */

const SHOWN = 60; // letters of a value in an error
const NAMES = { int: "a whole number", float: "a finite number", str: "a string", bool: "true or false" };

/** @type {Record<string, (data: unknown) => boolean>} */
const IS_OF = {
  int: Number.isInteger, float: Number.isFinite, str: (data) => typeof data === "string", bool: (data) => typeof data === "boolean",
};

export class Schema {
  /** @param {SchemaDocument} document */
  constructor(document) {
    /** @type {Map<string, SchemaClass>} */
    this.classes = new Map(Object.entries(document).map(([name, { fields, tagged }]) =>
      [name, { name, tagged, fields: new Map(fields.map((field) => [field.name, this.#fieldOf(field)])) }]));
    this.presentNames = new Map(Object.entries(document).flatMap(([name, { former_name: former }]) => (former ? [[former, name]] : [])));
  }

  /**
   * A field whose default is read when it is first used: by then all classes are known.
   * @param {SchemaDocument[string]["fields"][number]} field
   * @returns {SchemaField}
   */
  #fieldOf({ name, type, ...rest }) {
    const isRequired = !("default" in rest);
    const read = () => (isRequired ? undefined : this.valueOf(type, rest.default, name));
    /** @type {{ value?: unknown }} */
    const kept = {};
    return {
      name, type, isRequired,
      get default() {
        if (!("value" in kept)) kept.value = read();
        return kept.value;
      },
    };
  }

  /** @param {string} name */
  #class(name) {
    return /** @type {SchemaClass} */ (this.classes.get(name));
  }

  /** A field of a dataclass. @param {string} name @param {string} field */
  field(name, field) {
    return /** @type {SchemaField} */ (this.#class(name).fields.get(field));
  }

  /** The names of a dataclass's fields. @param {string} name */
  fieldNames(name) {
    return [...this.#class(name).fields.keys()];
  }

  /**
   * A dataclass of this name from plain data; TableError names the place and what is wrong.
   * @param {string} name
   * @param {unknown} data
   * @param {string} where
   */
  fromDict(name, data, where) {
    return this.#readFields(this.#class(name), data, where);
  }

  /**
   * Plain data of a value, without the fields at their default.
   * @param {Type} type
   * @param {any} value
   * @param {(number: number) => unknown} float what a number of the type float becomes
   * @returns {any}
   */
  toDict(type, value, float = (number) => number) {
    if (value === null) return null;
    if (typeof type === "string") return type === "float" ? float(value) : value;
    if ("list" in type) return value.map((/** @type {any} */ item) => this.toDict(type.list, item, float));
    if ("items" in type) return type.items.map((of, index) => this.toDict(of, value[index], float));
    if ("any" in type) return type.any.length === 1 ? this.toDict(type.any[0], value, float) : value; // of several none is a float
    if ("words" in type) return value;
    const { fields, tagged } = this.#class("class" in type ? type.class : value.type);
    const set = [...fields.values()].filter((field) => field.isRequired || !isEqual(value[field.name], field.default));
    const plain = set.map((field) => [field.name, this.toDict(field.type, value[field.name], float)]);
    return Object.fromEntries(tagged ? [["type", value.type], ...plain] : plain);
  }

  /**
   * Plain data as a type.
   * @param {Type} type
   * @param {any} data
   * @param {string} where
   * @returns {any}
   */
  valueOf(type, data, where) {
    if (typeof type === "string") {
      if (isAlready(type, data)) return data;
      if (type === "float" && data instanceof Float) return data.value;
    } else if ("any" in type) {
      if (isAlready(type, data)) return data;
      if (type.any.length === 1) return this.valueOf(type.any[0], data, where);
    } else if ("one" in type) {
      return this.#member(type.one, data, where);
    } else if ("class" in type) {
      return this.fromDict(type.class, data, where);
    } else if ("words" in type) {
      if (type.words.includes(data)) return data;
    } else if (Array.isArray(data) && ("list" in type || type.items.length === data.length)) {
      return data.map((item, index) => {
        const of = "list" in type ? type.list : type.items[index];
        return within([index], () => this.valueOf(of, item, `${where} #${index + 1}`));
      });
    }
    throw new TableError(`${where}: expected ${spellType(type)}, got ${show(data)}`);
  }

  /** @param {string[]} members @param {unknown} data @param {string} where */
  #member(members, data, where) {
    if (!isFields(data)) throw new TableError(`${where}: expected fields, got ${show(data)}`);
    const { type, ...fields } = data;
    if (typeof type !== "string") throw new TableError(`${where}: field 'type' is missing; expected one of ${members.join(", ")}`);
    const present = this.presentNames.get(type), kind = present && members.includes(present) ? present : type;
    if (!members.includes(kind)) throw new TableError(`${where}: unknown type ${show(kind)}; ${suggestName(kind, members)}`);
    const { name = "" } = fields;
    const shown = [...(typeof name === "string" ? name : spell(name))].slice(0, SHOWN).join("");
    const values = this.#readFields(this.#class(kind), fields, `${where} (${kind} ${shown})`.split(" )").join(")"));
    const row = { type: kind, ...values };
    named(where, () => checkRow(row));
    return row;
  }

  /** @param {SchemaClass} kind @param {unknown} data @param {string} where @returns {any} */
  #readFields({ fields }, data, where) {
    if (!isFields(data)) throw new TableError(`${where}: expected fields, got ${show(data)}`);
    for (const name of Object.keys(data)) {
      if (!fields.has(name)) throw new TableError(`${where}: unknown field ${show(name)}; ${suggestName(name, [...fields.keys()])}`);
    }
    for (const { name, isRequired } of fields.values()) {
      if (isRequired && !(name in data)) throw new TableError(`${where}: field ${quoted(name)} is missing`);
    }
    const values = Object.fromEntries([...fields.values()].map((field) => [field.name, field.default]));
    for (const [name, value] of Object.entries(data)) {
      const { type } = /** @type {SchemaField} */ (fields.get(name));
      values[name] = isAlready(type, value) ? value : within([name], () => this.valueOf(type, value, `${where}: ${name}`));
    }
    return values;
  }
}

/** Whether plain data are equal. @param {any} one @param {any} other @returns {boolean} */
export function isEqual(one, other) {
  if (one === other) return true;
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => isEqual(one[name], other[name]));
}

/** Whether data are fields, as a file or a request has them. @param {unknown} data @returns {data is Record<string, unknown>} */
export const isFields = (data) => typeof data === "object" && data !== null && !Array.isArray(data)
  && [Object.prototype, null].includes(Object.getPrototypeOf(data));

/** A hint for an unknown word: the nearest known one, or all of them. @param {string} word @param {string[]} known */
function suggestName(word, known) {
  const near = nearestName(word, known);
  return near === null ? `expected one of ${known.join(", ")}` : `did you mean ${quoted(near)}?`;
}

/**
 * Whether plain data are a value as they are: the class of a part is never known by itself.
 * @param {Type} type
 * @param {any} data
 * @returns {boolean}
 */
function isAlready(type, data) {
  if (typeof type === "string") return IS_OF[type](data);
  if ("words" in type) return type.words.includes(data);
  if ("any" in type) return (data === null && type.none) || type.any.some((option) => isAlready(option, data));
  return "items" in type && Array.isArray(data) && data.length === type.items.length
    && type.items.every((of, index) => isAlready(of, data[index]));
}

/** @param {Type} type @returns {string} */
function spellType(type) {
  if (typeof type === "string") return NAMES[type];
  if ("any" in type) return [...new Set(type.any.map(spellType))].join(" or ");
  if ("one" in type) return type.one.join(" or ");
  if ("class" in type) return type.class;
  if ("words" in type) return type.words.map((word) => `"${word}"`).join(" or ");
  return "list" in type ? `[${spellType(type.list)}, ...]` : `[${type.items.map(spellType).join(", ")}]`;
}

/** @param {unknown} data */
function show(data) {
  const letters = [...spell(data)];
  return letters.length <= SHOWN ? letters.join("") : `${letters.slice(0, SHOWN - 3).join("")}...`;
}
