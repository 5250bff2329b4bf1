import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { defineConfig } from "vitest/config";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const SOURCES = join(CHECKOUT, "src");
const BUILT = join(CHECKOUT, "dist");

/** Tests name sources; here they get what those were compiled to: what users run, and nothing to compile on a slow processor. */
const asBuilt = {
  name: "as-built",
  enforce: "pre",
  resolveId(source, importer) {
    if (importer === undefined || !source.startsWith(".") || !source.endsWith(".ts")) return undefined;
    const path = resolve(dirname(importer), source);
    if (!path.startsWith(`${SOURCES}/`)) return undefined;
    const built = join(BUILT, relative(SOURCES, path)).replace(/\.ts$/, ".js");
    return existsSync(built) ? { id: built, external: true } : undefined;
  },
};

export default defineConfig({
  root: CHECKOUT,
  plugins: [asBuilt],
  test: {
    include: ["test/{vm,crash,hostile,e2e}/**/*.test.ts"],
    pool: "forks",
    retry: 0,
    maxWorkers: 1,
    isolate: false,
    fileParallelism: false,
    testTimeout: 480_000,
    hookTimeout: 300_000,
    server: { deps: { external: [/\/dist\//] } },
    reporters: ["verbose", "./test/support/plain-reporter.ts"],
  },
});
