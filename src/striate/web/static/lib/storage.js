/** What the browser keeps of the page: `local` for good, `session` as long as the tab. Where it denies that (a frame of another
 * site, a full disk), the page keeps it until it is loaded again. To a browser all files of a disk are one site: each keeps its own. */

/** @typedef {Pick<Storage, "getItem" | "setItem">} Kept */

const OWN = location.protocol === "file:" ? `${location.pathname} ` : "";

export const local = storage("localStorage");
export const session = storage("sessionStorage");

/** @param {"localStorage" | "sessionStorage"} name @returns {Kept} */
function storage(name) {
  /** What the browser did not take. @type {Map<string, string>} */
  const values = new Map();
  return {
    getItem(key) {
      try {
        return values.get(key) ?? window[name].getItem(OWN + key);
      } catch {
        return null;
      }
    },
    setItem(key, value) {
      try {
        window[name].setItem(OWN + key, value);
        values.delete(key);
      } catch {
        values.set(key, value);
      }
    },
  };
}
