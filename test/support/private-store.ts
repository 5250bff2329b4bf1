import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { attempt } from "../../src/foundation/index.ts";
import { ensureImage, storePaths } from "../../src/image/index.ts";
import { Mayfly } from "../../src/index.ts";

export const isRoot = process.getuid?.() === 0;

/** A directory that QEMU's user can reach too. */
export function publicDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "mayfly-store-"));
  chmodSync(path, 0o755);
  return path;
}

/** Puts a copy of the current base image into `home`. A copy, as a test may damage it. @returns the image's directory */
export async function seedImage(home: string): Promise<string> {
  const { directory } = await ensureImage("base", { store: storePaths().root, progress: () => undefined });
  const target = join(home, "images", basename(directory));
  mkdirSync(join(home, "images"), { recursive: true });
  cpSync(directory, target, { recursive: true, preserveTimestamps: true });
  return target;
}

/** Puts the current base image and its template into `home`, so that it is ready to fork. */
export async function seedTemplate(home: string): Promise<void> {
  await seedImage(home);
  await using mayfly = await Mayfly.open();
  const { template } = await mayfly.run({ command: ["true"] });
  mkdirSync(join(home, "templates"), { recursive: true });
  // cp(1), as a RAM file is half holes and Node would fill them.
  execFileSync("cp", [
    "-a",
    "--sparse=always",
    join(storePaths().root, "templates", `base-${template}`),
    join(home, "templates"),
  ]);
}

/** Changes one byte in the middle of a file, keeping its length. */
export function flipByte(path: string, at: number): void {
  chmodSync(path, 0o644);
  const descriptor = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, at);
  writeSync(descriptor, Buffer.from([(byte[0] ?? 0) ^ 0xff]), 0, 1, at);
  closeSync(descriptor);
}

/** What lies in a store that nobody finished: half-made images and templates, files written beside their place. */
export function halfMade(home: string): string[] {
  const names = (folder: string): string[] =>
    attempt(() => readdirSync(join(home, folder), { recursive: true, encoding: "utf8" }), "not made yet") ??
    [];
  return [
    ...names("tmp").map((name) => `tmp/${name}`),
    ...names("templates")
      .filter((name) => /(^|\/)tmp-|\.\d+$|\.sock$/.test(name))
      .map((name) => `templates/${name}`),
    ...names("images")
      .filter((name) => /(^|\/)tmp-|\.\d+$/.test(name))
      .map((name) => `images/${name}`),
  ];
}

/** Names of the templates in a store. */
export function templatesIn(home: string): string[] {
  const names = attempt(() => readdirSync(join(home, "templates")), "none yet") ?? [];
  return names.filter((name) => !name.endsWith(".lock")).sort();
}

/** Sets variables for as long as `work` runs. */
export async function withEnvironment<T>(
  variables: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}

/** A file system in memory at `path`; undefined where we may not mount. */
export function mountTmpfs(path: string, options: string): Disposable | undefined {
  mkdirSync(path, { recursive: true });
  const mounted =
    isRoot &&
    attempt(() => {
      execFileSync("mount", ["-t", "tmpfs", "-o", `mode=755,${options}`, "mayfly-test", path], {
        stdio: "ignore",
      });
      return true;
    }, "a container may forbid it");
  if (mounted !== true) return undefined;
  return {
    [Symbol.dispose]() {
      execFileSync("umount", ["-l", path]);
    },
  };
}

export function remove(path: string): void {
  if (existsSync(path)) rmSync(path, { recursive: true, force: true });
}
