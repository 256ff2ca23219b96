/**
 * Modules that are texts in a page, not files: each becomes a blob, in which the addresses of the modules that it imports stand in the
 * place of their paths. A blob has no folder, so that a path would lead nowhere.
 */

const STATIC = /^((?:import|export \{|\})[^"\n]*)"(\.{1,2}\/[^"]+)"/gm;
const DYNAMIC = /\bimport\((?=["`]\.)/g;
const BESIDE = /new URL\(("\.{1,2}\/[^"]+"), import\.meta\.url\)/g;

/**
 * @param {Record<string, string>} files the text of each module by its path
 * @param {string} name of the global variable that this is, for the texts
 */
export function moduleTexts(files, name) {
  /** @type {Map<string, string>} */
  const urls = new Map();

  /** The address of a module, made when it is asked for first. @param {string} path @returns {string} */
  function urlOf(path) {
    const known = urls.get(path);
    if (known) return known;
    if (!Object.prototype.hasOwnProperty.call(files, path)) throw new Error(`no module ${path}`);
    const beside = (/** @type {string} */ specifier) => resolvePath(path, specifier);
    const text = files[path]
      .replace(STATIC, (_, before, specifier) => `${before}"${urlOf(beside(specifier))}"`)
      .replace(DYNAMIC, () => `${name}.load(${JSON.stringify(path)}, `)
      .replace(BESIDE, (_, specifier) => `${name}.urlOf(${JSON.stringify(beside(JSON.parse(specifier)))})`);
    const url = URL.createObjectURL(new Blob([text, `\n//# sourceURL=striate/${path}\n`], { type: "text/javascript" }));
    urls.set(path, url);
    return url;
  }

  /** Import a module by its path beside another one. @param {string} from @param {string} specifier @returns {Promise<any>} */
  const load = async (from, specifier) => import(urlOf(resolvePath(from, specifier)));

  return { urlOf, load };
}

/** A path relative to that of a file. @param {string} from @param {string} specifier */
export function resolvePath(from, specifier) {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
