/* SPDX-License-Identifier: MIT. A port of Python's tomllib, copyright 2021 Taneli Hukkinen; the licence stands in toml.js. */

/** A date or time in TOML. No table has one; an error spells it as Python does. */

import { Spelled } from "../../engine/spelling.js";

const TIME = "([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\\.([0-9]{1,6})[0-9]*)?";
const ZONE = "(?:([Zz])|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))?";
const DATE = new RegExp(`([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(?:[Tt ]${TIME}${ZONE})?`, "y");
const LOCAL_TIME = new RegExp(TIME, "y");

export class TomlDate extends Spelled {
  /** @param {number} length in the text @param {boolean} isValid @param {string} spelled */
  constructor(length, isValid, spelled) {
    super(spelled);
    this.length = length;
    this.isValid = isValid;
  }

  /** What stands at a place of a text; null if it is no date or time. @param {string} text @param {number} at */
  static at(text, at) {
    DATE.lastIndex = at;
    LOCAL_TIME.lastIndex = at;
    const date = DATE.exec(text);
    if (date) {
      const [year, month, day] = date.slice(1, 4).map(Number);
      const isValid = year > 0 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
      const words = date[4] === undefined ? `datetime.date(${year}, ${month}, ${day})`
        : `datetime.datetime(${[year, month, day, ...timeOf(date.slice(4, 8))].join(", ")}${zoneOf(date.slice(8))})`;
      return new TomlDate(date[0].length, isValid, words);
    }
    const time = LOCAL_TIME.exec(text);
    return time && new TomlDate(time[0].length, true, `datetime.time(${timeOf(time.slice(1)).join(", ")})`);
  }
}

/** Hour and minute, second and microseconds unless they are 0. @param {(string | undefined)[]} parts */
function timeOf([hour, minute, second, fraction]) {
  const numbers = [hour, minute, second, (fraction ?? "").padEnd(6, "0")].map(Number);
  if (!numbers[3]) numbers.length = numbers[2] ? 3 : 2;
  return numbers;
}

/** @param {(string | undefined)[]} parts */
function zoneOf([zulu, sign, hours, minutes]) {
  if (!zulu && !sign) return "";
  const seconds = sign ? Number(`${sign}1`) * (3600 * Number(hours) + 60 * Number(minutes)) : 0;
  if (!seconds) return ", tzinfo=datetime.timezone.utc";
  const delta = seconds < 0 ? `days=-1, seconds=${seconds + 86_400}` : `seconds=${seconds}`;
  return `, tzinfo=datetime.timezone(datetime.timedelta(${delta}))`;
}
