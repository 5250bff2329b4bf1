import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ensureImage } from "../../dist/image/index.js";
import { compileFor } from "./compile.mjs";
import { shell } from "./kept.mjs";

const CHECKOUT = resolve(import.meta.dirname, "../..");
/** Beside the compiled files (`compile.mjs`): what Mayfly and its tests read as it is. */
const PARTS = [
  ...["guest", "host", "profiles", "data", "rules", "docs", "mayfly", "package.json"],
  ...["dist/rules.json", "test/support", "node_modules/@napi-rs", "node_modules/ws"],
];

/** Packs what the outer machine is handed, on a read-only disk: Mayfly, Node, images, and the lab's own scripts. */
export async function packPayload(work, { store, profiles, tests, plan }) {
  const tree = join(work, "payload");
  const target = join(work, "payload.squashfs");
  mkdirSync(join(tree, "images"), { recursive: true });
  await compileFor(tests, join(tree, "mayfly"));
  for (const part of PARTS) {
    mkdirSync(dirname(join(tree, "mayfly", part)), { recursive: true });
    symlinkSync(join(CHECKOUT, part), join(tree, "mayfly", part));
  }
  cpSync(join(import.meta.dirname, "outer"), join(tree, "lab"), { recursive: true });
  writeFileSync(join(tree, "lab/plan"), plan);
  mkdirSync(join(tree, "bin"));
  symlinkSync(process.execPath, join(tree, "bin/node"));
  for (const profile of profiles) {
    const { directory } = await ensureImage(profile, { store, progress: () => undefined });
    symlinkSync(directory, join(tree, "images", basename(directory)));
  }
  shell(
    tree,
    `tar -chf - . | sqfstar -comp lz4 -quiet -no-progress -force -all-root ${JSON.stringify(target)}`,
  );
  rmSync(tree, { recursive: true });
  return target;
}
