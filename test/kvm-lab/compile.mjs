import { dirname, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const SOURCES = join(CHECKOUT, "src");
const BUILT = join(CHECKOUT, "dist");
const RUNNER = join(import.meta.dirname, "outer/vitest.mjs");
/** What tests and the lab start in processes of their own. */
const PROGRAMS = ["dist/index.js", "dist/cli/main.js", "dist/microvisor/index.js", "dist/engine/index.js"];
/** Packages with parts in machine code, or that are asked for by `require`: loaded from where they are. */
const AS_INSTALLED = [/^@napi-rs\//, /^@img\//, /^sharp$/, /^pdfkit$/, /^ws$/];

/**
 * Joins Mayfly, as it was built, and `tests` with what runs them into a few files below `target`, each under its own name with
 * `.js`. Nothing is left to compile in there, and loading a file costs an emulated processor more than reading it.
 * @param {readonly string[]} tests from the checkout's root
 */
export async function compileFor(tests, target) {
  const names = [...PROGRAMS, ...tests, "test/kvm-lab/outer/tests.mjs"];
  const bundle = await rolldown({
    cwd: CHECKOUT,
    input: Object.fromEntries(names.map((name) => [name.replace(/\.\w+$/, ""), join(CHECKOUT, name)])),
    platform: "node",
    transform: { target: "node20" },
    external: AS_INSTALLED,
    plugins: [asBuilt],
    logLevel: "warn",
  });
  await bundle.write({
    dir: target,
    format: "esm",
    entryFileNames: "[name].js",
    // As deep below the root as what was built, since Mayfly looks for its data from there.
    chunkFileNames: "dist/parts/[name]-[hash].js",
  });
  await bundle.close();
}

/** Tests name sources; here they get what those were compiled to: what users run. */
const asBuilt = {
  name: "as-built",
  resolveId(source, importer) {
    if (source === "vitest") return RUNNER;
    if (importer === undefined || !source.startsWith(".") || !source.endsWith(".ts")) return null;
    const path = resolve(dirname(importer), source);
    if (!path.startsWith(`${SOURCES}/`)) return null;
    return join(BUILT, relative(SOURCES, path)).replace(/\.ts$/, ".js");
  },
};
