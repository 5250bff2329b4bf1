import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const root = join(import.meta.dirname, "web");
const pages = readdirSync(root).filter((name) => existsSync(join(root, name, "index.html")));

/** The pages of the servers on loopback: a folder each in web/, to dist/web/NAME/index.html and dist/web/assets/. */
// eslint-disable-next-line no-restricted-syntax -- vite reads the default export
export default defineConfig({
  root,
  base: "./", // wherever a server puts its pages, what they share is beside them
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: join(import.meta.dirname, "dist", "web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false }, // an inline script, which the pages' policy forbids
    assetsInlineLimit: 0,
    rolldownOptions: { input: pages.map((name) => join(root, name, "index.html")) },
  },
});
