import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runTool } from "../process/index.ts";
import { INSTALLATION } from "./find-profile.ts";

const MODULES = ["virtio_mmio", "virtio_blk", "virtio_console", "overlay"];
const MINUTE = 60_000;

/** What every machine needs, the root's file system, and what the profile adds. */
export function wantedModules(rootFormat: string, more: readonly string[]): string[] {
  return [...MODULES, rootFormat, ...more];
}

interface InitramfsRequest {
  readonly work: string;
  readonly target: string;
  /** Module files in loading order. */
  readonly modules: readonly string[];
  readonly rootFormat: string;
  readonly signal: AbortSignal | undefined;
}

/** The agent as `/init`, the modules that it loads, and what it is told. */
export async function makeInitramfs({
  work,
  target,
  modules,
  rootFormat,
  signal,
}: InitramfsRequest): Promise<void> {
  const tree = join(work, "initramfs");
  mkdirSync(join(tree, "lib"), { recursive: true });
  await compileAgent(join(tree, "init"), signal);
  for (const module of modules) copyFileSync(module, join(tree, "lib", basename(module)));
  writeFileSync(join(tree, "modules"), modules.map((module) => `/lib/${basename(module)}\n`).join(""));
  writeFileSync(join(tree, "profile.conf"), `root=${rootFormat}\n`);
  const pack =
    'set -o pipefail; cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --reproducible -R 0:0 | gzip -9n >"$2"';
  await runTool(["bash", "-c", pack, "pack", tree, target], {
    timeoutMs: 2 * MINUTE,
    signal,
    failure: "E_IMAGE_BUILD",
  });
}

async function compileAgent(target: string, signal: AbortSignal | undefined): Promise<void> {
  const folder = join(INSTALLATION, "guest", "agent");
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".c"))
    .map((name) => join(folder, name));
  const flags = ["-std=c11", "-D_GNU_SOURCE", "-Os", "-s", "-static", "-Wall", "-Wextra", "-Werror"];
  await runTool(["musl-gcc", ...flags, "-o", target, ...sources], {
    timeoutMs: 5 * MINUTE,
    signal,
    failure: "E_IMAGE_BUILD",
  });
}
