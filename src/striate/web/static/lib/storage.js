/** What the browser keeps of the page: `local` for good, `session` as long as the tab. In a frame of another site it may
 * deny both; then the page keeps it until it is loaded again. */

/** @typedef {Pick<Storage, "getItem" | "setItem">} Kept */

export const local = storage("localStorage");
export const session = storage("sessionStorage");

/** @param {"localStorage" | "sessionStorage"} name @returns {Kept} */
function storage(name) {
  try {
    return window[name];
  } catch {
    /** @type {Map<string, string>} */
    const values = new Map();
    return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value) };
  }
}
