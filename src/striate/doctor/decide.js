/** The page of `striate check --deep`: the choices made in it, as a file that is saved into the data folder. */
"use strict";
(() => {
  const form = document.querySelector("form");
  const text = document.querySelector("textarea");
  if (form === null || text === null) return;

  /** @typedef {{ path: string, digest: string, decision: string, class: string }} Decision */

  const heading = "# Made with `striate check --deep`: what `striate train` does with single pictures. No file is touched.\nschema = 1\n";
  const KEYS = /** @type {const} */ (["path", "digest", "decision", "class"]);

  /** @param {string} id */
  const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  /** @param {HTMLElement} field @returns {NodeListOf<HTMLSelectElement>} of the decision, and of the class */
  const choices = (field) => field.querySelectorAll("select");
  /** @type {Decision[]} */
  const before = JSON.parse(element("before").textContent ?? "[]");

  /** One entry as TOML: its strings are written as JSON's, which TOML reads alike. @param {Decision} decision */
  const entry = (decision) =>
    KEYS.filter((name) => decision[name])
      .reduce((lines, name) => `${lines}${name} = ${JSON.stringify(decision[name])}\n`, "\n[[picture]]\n");

  /** The decisions made before, and those of this page, the latter last: one for each picture. */
  const decisions = () => {
    const found = new Map(before.map((decision) => [decision.path, decision]));
    for (const field of form.querySelectorAll("fieldset")) {
      const [decision, label] = choices(field);
      label.hidden = decision.value !== "relabel";
      if (decision.value === "") continue;
      const { path = "", digest = "" } = field.dataset;
      found.set(path, { path, digest, decision: decision.value, class: label.hidden ? "" : label.value });
    }
    return [...found.values()];
  };

  const show = () => {
    const made = decisions();
    text.value = heading + made.map(entry).join("");
    element("count").textContent = String(made.length);
  };

  /** A picture that stands in two sections has one decision. @param {HTMLSelectElement} changed */
  const mirror = (changed) => {
    const field = /** @type {HTMLFieldSetElement} */ (changed.closest("fieldset"));
    const place = [...choices(field)].indexOf(changed);
    for (const other of form.querySelectorAll("fieldset")) {
      if (other.dataset.path === field.dataset.path) choices(other)[place].value = changed.value;
    }
    show();
  };

  form.addEventListener("change", ({ target }) => mirror(/** @type {HTMLSelectElement} */ (target)));
  element("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text.value], { type: "application/toml" }));
    link.download = "striate-decisions.toml";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  element("copy").addEventListener("click", () => {
    text.select();
    if (navigator.clipboard) void navigator.clipboard.writeText(text.value);
    else document.execCommand("copy"); // on a page from a file, where a browser has no clipboard for it
  });
  show();
})();
