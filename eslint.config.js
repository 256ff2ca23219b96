import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: {
      "max-len": ["error", { code: 140 }],
      "max-lines": ["error", 300],
      "no-var": "error",
      "prefer-const": "error",
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "text is text: build elements with h()" },
        { property: "outerHTML", message: "text is text: build elements with h()" },
        { property: "insertAdjacentHTML", message: "text is text: build elements with h()" },
      ],
    },
  },
  { files: ["**/strings/*.js"], rules: { "max-lines": "off", "max-len": "off" } },
];
