import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootstrap } from "../../dist/image/debian.js";
import { ensureKept, shell } from "./kept.mjs";
import { RECIPE } from "./recipe.mjs";

const INIT = join(import.meta.dirname, "outer/init");

/**
 * The outer machine's kernel, initramfs and disk: as found in `cache`, or made now from Debian's packages.
 * @returns {Promise<{ kernel: string, initramfs: string, disk: string }>}
 */
export async function ensureOuterMachine(cache, progress) {
  const recipe = `${JSON.stringify(RECIPE)}\n${readFileSync(INIT, "utf8")}`;
  const directory = await ensureKept(cache, "outer", recipe, async (work) => await build(work, progress));
  return {
    kernel: join(directory, "vmlinuz"),
    initramfs: join(directory, "initramfs.gz"),
    disk: join(directory, "root.squashfs"),
  };
}

async function build(work, progress) {
  const tar = join(work, "root.tar");
  await bootstrap({
    ...RECIPE,
    target: tar,
    variant: "minbase",
    hooks: [],
    progress,
    step: "Building the outer machine",
  });
  const made = join(work, "made");
  mkdirSync(made);
  shell(work, "sqfstar -comp lz4 -quiet -no-progress made/root.squashfs <root.tar");
  shell(work, "tar -xf root.tar ./boot ./usr/lib/modules ./usr/bin/busybox");
  const release = readdirSync(join(work, "usr/lib/modules"))[0];
  copyFileSync(join(work, "boot", `vmlinuz-${release}`), join(made, "vmlinuz"));
  const tree = join(work, "initramfs");
  for (const name of ["bin", "modules", "dev", "proc", "sys"])
    mkdirSync(join(tree, name), { recursive: true });
  copyFileSync(join(work, "usr/bin/busybox"), join(tree, "bin/busybox"));
  copyFileSync(INIT, join(tree, "init"));
  const modules = RECIPE.modules.map((path) =>
    join(work, "usr/lib/modules", release, "kernel", `${path}.ko`),
  );
  const names = RECIPE.modules.map((path) => `${path.split("/").at(-1)}.ko`);
  for (const [index, path] of modules.entries()) copyFileSync(path, join(tree, "modules", names[index]));
  writeFileSync(join(tree, "modules/order"), names.map((name) => `${name}\n`).join(""));
  shell(
    tree,
    "chmod 755 init bin/busybox; find . | cpio --quiet -o -H newc -R 0:0 | gzip -1 >../made/initramfs.gz",
  );
  return made;
}
