import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ensureImage } from "../../dist/image/index.js";
import { shell } from "./outer-machine.mjs";

const CHECKOUT = resolve(import.meta.dirname, "../..");
/** Mayfly as it was built here, with its tests and what runs them. */
const PARTS = [
  ...["dist", "guest", "host", "profiles", "data", "rules", "test", "docs"],
  ...["node_modules", "mayfly", "package.json"],
];
/** Of node_modules, what neither Mayfly nor its tests load. */
const UNUSED = [
  "typescript",
  ".cache",
  ".vite",
  ".vite-temp",
  "prettier",
  "knip",
  "eslint",
  "oxc-parser",
  "@oxc-parser",
];

/** Packs what the outer machine is handed, on a read-only disk: Mayfly, Node, images, and the lab's own scripts. */
export async function packPayload(work, { store, profiles, plan }) {
  const tree = join(work, "payload");
  const target = join(work, "payload.squashfs");
  mkdirSync(join(tree, "mayfly"), { recursive: true });
  mkdirSync(join(tree, "images"));
  for (const part of PARTS) symlinkSync(join(CHECKOUT, part), join(tree, "mayfly", part));
  cpSync(join(import.meta.dirname, "outer"), join(tree, "lab"), { recursive: true });
  writeFileSync(join(tree, "lab/plan"), plan);
  symlinkSync(process.execPath, join(tree, "node"));
  for (const profile of profiles) {
    const { directory } = await ensureImage(profile, { store, progress: () => undefined });
    symlinkSync(directory, join(tree, "images", basename(directory)));
  }
  const excluded = UNUSED.map((name) => `--exclude=mayfly/node_modules/${name}`).join(" ");
  shell(
    tree,
    `tar -chf - ${excluded} . | sqfstar -comp lz4 -quiet -no-progress -all-root ${JSON.stringify(target)}`,
  );
  rmSync(tree, { recursive: true });
  return target;
}
