import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { bootstrap } from "../../src/image/debian.ts";
import { describePart, readImage, writeManifest } from "../../src/image/manifest.ts";
import { seedImage } from "../support/private-store.ts";

/** Puts a base image into the store `home` whose guests load the attacking module as they boot, before modules are locked. */
export async function seedAttackedImage(home: string): Promise<void> {
  const directory = await seedImage(home);
  const image = await readImage(directory);
  if (image === undefined) throw new Error(`no image in ${directory}`);
  const work = mkdtempSync(join(tmpdir(), "mayfly-attack-"));
  chmodSync(work, 0o755);
  try {
    const module = await buildModule(work, image.manifest.kernelRelease);
    addModule(work, image.initramfs, module);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const initramfs = await describePart(directory, "initramfs.gz");
  writeManifest(directory, { ...image.manifest, parts: { ...image.manifest.parts, initramfs } });
}

/** Compiles `attack/attack.c` for a Debian kernel, with the headers of that very kernel. */
async function buildModule(work: string, release: string): Promise<string> {
  const [version = "", abi = ""] = /^(\d+\.\d+)(\.\d+-\d+)/.exec(release)?.slice(1) ?? [];
  const packages = [
    `linux-headers-${release}`,
    `linux-headers-${version}${abi}-common`,
    `linux-kbuild-${version}`,
  ];
  const tar = join(work, "headers.tar");
  const download = `cd "$1" && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download ${packages.join(" ")}`;
  await bootstrap({
    target: tar,
    variant: "custom",
    packages: [],
    exclude: [],
    hooks: [download],
    progress: () => undefined,
    step: "",
    signal: undefined,
  });
  const extract = ["-C", work, "-xf", tar, "--wildcards", "--no-anchored", "--strip-components=1", "*.deb"];
  execFileSync("tar", extract);
  const root = join(work, "headers");
  for (const name of readdirSync(work).filter((each) => each.endsWith(".deb")))
    execFileSync("dpkg-deb", ["-x", join(work, name), root]);
  const headers = join(root, "usr/src", packages[0] ?? "");
  // It names the place where packages put it.
  const makefile = readFileSync(join(headers, "Makefile"), "utf8").replaceAll(
    "/usr/src",
    join(root, "usr/src"),
  );
  writeFileSync(join(headers, "Makefile"), makefile);
  const source = join(work, "attack");
  mkdirSync(source);
  copyFileSync(resolve("test/introspection/attack/attack.c"), join(source, "attack.c"));
  writeFileSync(join(source, "Makefile"), "obj-m := attack.o\n");
  execFileSync("make", ["-C", headers, `M=${source}`, "CC=gcc", "modules"], { stdio: "pipe" });
  execFileSync("strip", ["--strip-debug", join(source, "attack.ko")]);
  return join(source, "attack.ko");
}

/** An initramfs may be several archives, one after the other; later files replace earlier ones. */
function addModule(work: string, initramfs: string, module: string): void {
  const tree = join(work, "tree");
  mkdirSync(join(tree, "lib"), { recursive: true });
  copyFileSync(module, join(tree, "lib/attack.ko"));
  const own = readFileSync(initramfs);
  const old = join(work, "old");
  mkdirSync(old);
  execFileSync("cpio", ["-i", "--quiet", "modules"], { cwd: old, input: gunzipSync(own) });
  writeFileSync(join(tree, "modules"), `${readFileSync(join(old, "modules"), "utf8")}/lib/attack.ko\n`);
  const added = execFileSync("cpio", ["-o", "-H", "newc", "--quiet", "-R", "0:0"], {
    cwd: tree,
    input: "modules\nlib/attack.ko\n",
    maxBuffer: 2 ** 26,
  });
  chmodSync(initramfs, 0o644);
  writeFileSync(
    initramfs,
    Buffer.concat([own, execFileSync("gzip", ["-9n"], { input: added, maxBuffer: 2 ** 26 })]),
  );
}
