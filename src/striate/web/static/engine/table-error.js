/** A table that no network can be built from; striate/errors.py. */

export class TableError extends Error {
  /**
   * @param {string} message names the row, the rule that it breaks and the numbers
   * @param {(string | number)[]} place the keys from the table down; empty if no row is at fault
   */
  constructor(message, place = []) {
    super(message);
    this.name = "TableError";
    this.place = place;
  }

  /** The same error, with its path relative to the table. @param {...(string | number)} keys */
  inside(...keys) {
    this.place = [...keys, ...this.place];
    return this;
  }
}

/**
 * What a function returns; a TableError of it with a place in front.
 * @template T
 * @param {(string | number)[]} place
 * @param {() => T} work
 * @returns {T}
 */
export function within(place, work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof TableError ? error.inside(...place) : error;
  }
}

/**
 * What a function returns; a TableError of it with words in front of its line.
 * @template T
 * @param {string} words
 * @param {() => T} work
 * @param {boolean} keepsPlace
 * @returns {T}
 */
export function named(words, work, keepsPlace = true) {
  try {
    return work();
  } catch (error) {
    throw error instanceof TableError ? new TableError(`${words}: ${error.message}`, keepsPlace ? error.place : []) : error;
  }
}
