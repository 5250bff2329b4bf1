import js from "@eslint/js";
import tseslint from "typescript-eslint";

const NODE20_ABSENT = ["AsyncDisposableStack", "DisposableStack", "WebSocket"].map((name) => ({
  name,
  message: "Absent at run time on Node 20 (the types say otherwise). Use disposal/scope.ts.",
}));

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/promise-function-async": "error",
      "@typescript-eslint/return-await": ["error", "always"],
      "@typescript-eslint/strict-boolean-expressions": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", caughtErrors: "all" }],
      eqeqeq: "error",
      "no-console": "error",
      "no-empty": ["error", { allowEmptyCatch: false }],
      complexity: ["error", 12],
      "max-depth": ["error", 3],
      "max-params": ["error", 3],
      "max-lines": ["error", { max: 350, skipBlankLines: true, skipComments: true }],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
      "no-restricted-globals": ["error", ...NODE20_ABSENT],
      "no-restricted-properties": [
        "error",
        { object: "process", property: "exit", message: "Only src/cli/main.ts ends the process." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "CatchClause > BlockStatement[body.length=0]",
          message: "Say why: use ignoring(promise, reason) from foundation.",
        },
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: "Throw a coded error from the folder's errors.ts.",
        },
        { selector: "ExportDefaultDeclaration", message: "Named exports only." },
      ],
    },
  },
  // Pages run in browsers.
  { files: ["web/**"], rules: { "no-restricted-globals": "off" } },
  { files: ["src/cli/**"], rules: { "no-console": "off", "no-restricted-properties": "off" } },
  {
    files: ["**/*.test.ts", "test/**"],
    rules: { "max-lines-per-function": "off", "max-lines": "off", "no-restricted-syntax": "off" },
  },
  {
    files: ["**/*.{js,cjs,mjs}"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        module: "writable",
        console: false,
        performance: false,
        process: false,
        setTimeout: false,
        Buffer: false,
      },
    },
    rules: { "no-console": "off" },
  },
);
