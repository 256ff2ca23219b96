/*
 * SPDX-License-Identifier: MIT. This file, toml-dates.js and toml-names.js are ports of Python's tomllib, whose licence goes with them:
 *
 * Copyright (c) 2021 Taneli Hukkinen
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
 * "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
 * publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so,
 * subject to the following conditions:
 * The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
 * MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
 * FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
 * WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */

/**
 * TOML as plain data, with the errors of Python's standard library; striate/tables/toml.py's `parse_toml`. A port rather than a package
 * (smol-toml): the line of an error is part of what the page shows, and 1.0 must not become the whole number 1.
 */

import { Float, quoted } from "../../engine/spelling.js";
import { TableError } from "../../engine/table-error.js";
import { TomlDate } from "./toml-dates.js";
import { TomlNames } from "./toml-names.js";

const LONG_KEY = /(^|[^\p{L}\p{N}_-])(?:(?:[\p{L}\p{N}_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){20}/u;
const ESCAPES = /** @type {Record<string, string>} */ ({ b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" });
const NUMBER = new RegExp([
  "0(?:x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|b[01](?:_?[01])*|o[0-7](?:_?[0-7])*)",
  "[+-]?(?:0|[1-9](?:_?[0-9])*)((?:\\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?)",
].join("|"), "y");

/** @param {string} text @param {string} where @returns {Record<string, unknown>} */
export function parseToml(text, where) {
  const long = LONG_KEY.exec(text);
  if (long) {
    const line = text.slice(0, long.index + long[1].length).split("\n").length;
    throw new TableError(`${where}: not a table: line ${line} has a key of more than 20 parts`);
  }
  try {
    return new Parser(text.replace(/\r\n/g, "\n")).document();
  } catch (error) {
    if (error instanceof RangeError) throw new TableError(`${where}: is nested too deeply`);
    throw error instanceof SyntaxError ? new TableError(`${where}: not TOML: ${error.message}`) : error;
  }
}

/** Reads a text from a place on. */
class Parser {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.names = new TomlNames((/** @type {string} */ line) => this.fail(line));
  }

  /** @param {string} line @param {number} at @returns {never} */
  fail(line, at = this.at) {
    const before = this.text.slice(0, at).split("\n");
    const column = [...before[before.length - 1]].length + 1;
    throw new SyntaxError(`${line} (at ${at >= this.text.length ? "end of document" : `line ${before.length}, column ${column}`})`);
  }

  /** Whether a text follows, which is then passed. @param {string} text */
  takes(text) {
    const follows = this.text.startsWith(text, this.at);
    if (follows) this.at += text.length;
    return follows;
  }

  /** The part that a pattern, sticky, has here. @param {RegExp} pattern */
  match(pattern) {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  /** Pass what consists of these letters. @param {RegExp} letters */
  skip(letters) {
    while (this.at < this.text.length && letters.test(this.text[this.at])) this.at += 1;
  }

  skipSpaces() {
    this.skip(/[ \t]/);
  }

  document() {
    for (;;) {
      this.skipSpaces();
      if (this.at >= this.text.length) break;
      if (this.takes("\n")) continue;
      this.statement();
      this.skipComment();
      if (this.at >= this.text.length) break;
      if (!this.takes("\n")) this.fail("Expected newline or end of document after a statement");
    }
    return this.names.root;
  }

  statement() {
    const letter = this.text[this.at];
    if (/[\w\-"']/.test(letter)) {
      const [key, value] = this.assignment();
      this.names.assign(key, value);
    } else if (letter === "[") {
      this.names.beginHeader();
      const isList = this.text[this.at + 1] === "[";
      this.at += isList ? 2 : 1;
      this.skipSpaces();
      const key = this.key();
      if (isList) this.names.openList(key);
      else this.names.openTable(key);
      if (!this.takes(isList ? "]]" : "]")) {
        this.fail(isList ? "Expected ']]' at the end of an array declaration" : "Expected ']' at the end of a table declaration");
      }
    } else if (letter !== "#") {
      this.fail("Invalid statement");
    }
    this.skipSpaces();
  }

  skipComment() {
    if (!this.takes("#")) return;
    this.at = this.endOf("\n", /[^\P{Cc}\t\x80-\x9f]/u, false);
  }

  /** Where a text begins, or the end. @param {string} text @param {RegExp} illegal letters before @param {boolean} isNeeded */
  endOf(text, illegal, isNeeded) {
    const found = this.text.indexOf(text, this.at);
    const end = found < 0 ? this.text.length : found;
    if (found < 0 && isNeeded) this.fail(`Expected ${quoted(text)}`, end);
    const wrong = this.text.slice(this.at, end).search(illegal);
    if (wrong >= 0) this.fail(`Found invalid character ${quoted(this.text[this.at + wrong])}`, this.at + wrong);
    return end;
  }

  skipCommentsAndLines() {
    for (let before = -1; before !== this.at;) {
      before = this.at;
      this.skip(/[ \t\n]/);
      this.skipComment();
    }
  }

  /** @returns {[string[], unknown]} */
  assignment() {
    const key = this.key();
    if (!this.takes("=")) this.fail("Expected '=' after a key in a key/value pair");
    this.skipSpaces();
    return [key, this.value()];
  }

  key() {
    const parts = [this.keyPart()];
    this.skipSpaces();
    while (this.takes(".")) {
      this.skipSpaces();
      parts.push(this.keyPart());
      this.skipSpaces();
    }
    return parts;
  }

  keyPart() {
    const bare = this.match(/[A-Za-z0-9_-]+/y);
    if (bare) {
      this.at += bare[0].length;
      return bare[0];
    }
    if (this.takes("'")) return this.literalText("'");
    if (this.takes('"')) return this.basicText(false);
    return this.fail("Invalid initial character for a key part");
  }

  /** @returns {unknown} */
  value() {
    if (this.takes('"""')) return this.manyLines('"', () => this.basicText(true));
    if (this.takes('"')) return this.basicText(false);
    if (this.takes("'''")) return this.manyLines("'", () => this.literalText("'''"));
    if (this.takes("'")) return this.literalText("'");
    if (this.takes("true")) return true;
    if (this.takes("false")) return false;
    if (this.takes("[")) return this.list();
    if (this.takes("{")) return this.inlineTable();
    const date = TomlDate.at(this.text, this.at);
    if (date) {
      if (!date.isValid) this.fail("Invalid date or datetime");
      this.at += date.length;
      return date;
    }
    return this.number();
  }

  number() {
    const found = this.match(NUMBER);
    if (found) {
      this.at += found[0].length;
      const digits = found[0].replaceAll("_", "");
      if (found[1]) return floatOf(Number(digits));
      return Number(digits.replace("+", "")) || 0;
    }
    const special = this.match(/[+-]?(?:inf|nan)/y);
    if (!special) return this.fail("Invalid value");
    this.at += special[0].length;
    if (special[0].endsWith("nan")) return NaN;
    return special[0].startsWith("-") ? -Infinity : Infinity;
  }

  list() {
    /** @type {unknown[]} */
    const items = [];
    this.skipCommentsAndLines();
    while (!this.takes("]")) {
      items.push(this.value());
      this.skipCommentsAndLines();
      if (this.takes("]")) break;
      if (!this.takes(",")) this.fail("Unclosed array");
      this.skipCommentsAndLines();
    }
    return items;
  }

  inlineTable() {
    const names = new TomlNames((/** @type {string} */ line) => this.fail(line));
    this.skipSpaces();
    if (this.takes("}")) return names.root;
    for (;;) {
      const [key, value] = this.assignment();
      names.assignInline(key, value);
      this.skipSpaces();
      if (this.takes("}")) return names.root;
      if (!this.takes(",")) this.fail("Unclosed inline table");
      names.freezeInline(key, value);
      this.skipSpaces();
    }
  }

  /** A text of several lines, whose end may be two marks longer than three. @param {string} mark @param {() => string} read */
  manyLines(mark, read) {
    this.takes("\n");
    let text = read();
    for (let count = 0; count < 2 && this.takes(mark); count++) text += mark;
    return text;
  }

  /** @param {string} mark at its end */
  literalText(mark) {
    const start = this.at;
    this.at = this.endOf(mark, mark.length === 1 ? /[^\P{Cc}\t\x80-\x9f]/u : /[^\P{Cc}\t\n\x80-\x9f]/u, true) + mark.length;
    return this.text.slice(start, this.at - mark.length);
  }

  /** @param {boolean} isLong whether it has several lines */
  basicText(isLong) {
    const illegal = isLong ? /[^\P{Cc}\t\n\x80-\x9f]/u : /[^\P{Cc}\t\x80-\x9f]/u;
    let text = "";
    for (;;) {
      const letter = this.text[this.at];
      if (letter === undefined) this.fail("Unterminated string");
      if (isLong ? this.takes('"""') : this.takes('"')) return text;
      if (letter === "\\") {
        text += this.escape(isLong);
        continue;
      }
      if (illegal.test(letter)) this.fail(`Illegal character ${quoted(letter)}`);
      text += letter;
      this.at += 1;
    }
  }

  /** @param {boolean} isLong @returns {string} */
  escape(isLong) {
    const letter = this.text[this.at + 1] ?? "";
    this.at = Math.min(this.at + 2, this.text.length + 1);
    if (isLong && /[ \t\n]/.test(letter)) {
      if (letter !== "\n") {
        this.skipSpaces();
        if (this.at >= this.text.length) return "";
        if (!this.takes("\n")) this.fail("Unescaped '\\' in a string");
      }
      this.skip(/[ \t\n]/);
      return "";
    }
    if (letter === "u" || letter === "U") return this.hexLetter(letter === "u" ? 4 : 8);
    return ESCAPES[letter] ?? this.fail("Unescaped '\\' in a string");
  }

  /** @param {number} length */
  hexLetter(length) {
    const digits = this.text.slice(this.at, this.at + length);
    if (digits.length !== length || /[^0-9A-Fa-f]/.test(digits)) this.fail("Invalid hex value");
    this.at += length;
    const code = parseInt(digits, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) this.fail("Escaped character is not a Unicode scalar value");
    return String.fromCodePoint(code);
  }
}

/** A number with a point or an exponent. @param {number} number */
const floatOf = (number) => (Number.isInteger(number) ? new Float(number) : number);
