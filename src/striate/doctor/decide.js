"use strict";
(() => {
  const form = document.getElementById("decisions");
  const text = document.getElementById("toml");
  if (form === null || text === null) return;
  const before = JSON.parse(document.getElementById("before").textContent);
  const heading = "# Made with `striate check --deep`: what `striate train` does with single pictures. No file is touched.\nschema = 1\n";

  /** One entry as TOML: its strings are written as JSON's, which TOML reads alike. */
  const entry = (decision) =>
    ["path", "digest", "decision", "class"]
      .filter((name) => decision[name])
      .reduce((lines, name) => `${lines}${name} = ${JSON.stringify(decision[name])}\n`, "\n[[picture]]\n");

  /** The decisions made before, and those of this page, the latter last: one for each picture. */
  const decisions = () => {
    const found = new Map(before.map((decision) => [decision.path, decision]));
    for (const field of form.querySelectorAll("fieldset")) {
      const [decision, label] = field.querySelectorAll("select");
      label.hidden = decision.value !== "relabel";
      if (decision.value === "") continue;
      const { path, digest } = field.dataset;
      found.set(path, { path, digest, decision: decision.value, class: label.hidden ? "" : label.value });
    }
    return [...found.values()];
  };

  const show = () => {
    const made = decisions();
    text.value = heading + made.map(entry).join("");
    document.getElementById("count").textContent = String(made.length);
  };

  /** A picture that stands in two sections has one decision. */
  const mirror = (event) => {
    const field = event.target.closest("fieldset");
    const place = [...field.querySelectorAll("select")].indexOf(event.target);
    for (const other of form.querySelectorAll("fieldset")) {
      if (other.dataset.path === field.dataset.path) other.querySelectorAll("select")[place].value = event.target.value;
    }
    show();
  };

  form.addEventListener("change", mirror);
  document.getElementById("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text.value], { type: "application/toml" }));
    link.download = "striate-decisions.toml";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  document.getElementById("copy").addEventListener("click", () => {
    text.select();
    if (navigator.clipboard) navigator.clipboard.writeText(text.value);
    else document.execCommand("copy");
  });
  show();
})();
