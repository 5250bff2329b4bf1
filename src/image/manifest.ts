import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { NetworkPolicy, ProfileSettings } from "../contract/index.ts";
import { MayflyError, attempt } from "../foundation/index.ts";
import { hashFile, lookOf } from "./digest.ts";

const Part = v.object({
  file: v.string(),
  size: v.number(),
  sha256: v.string(),
  /** Size, times and inode when its digest was last checked; another look is a reason to check again. */
  seen: v.string(),
});

const commands = v.pipe(v.array(v.pipe(v.array(v.string()), v.readonly())), v.readonly());

const Manifest = v.object({
  format: v.literal(1),
  name: v.string(),
  key: v.string(),
  builtAt: v.string(),
  kernelRelease: v.string(),
  /** Debian packages and versions in the root file system; empty for an extracted one. */
  packages: v.array(v.string()),
  /** What the root file system was built from; an image without it shares its own with none. */
  rootKey: v.optional(v.string()),
  rootFormat: v.picklist(["squashfs", "erofs"]),
  profile: v.object({
    description: v.string(),
    memory: v.number(),
    vcpus: v.number(),
    tbSize: v.number(),
    warmUp: commands,
    standby: v.number(),
    mime: v.pipe(v.array(v.string()), v.readonly()),
    display: v.optional(v.boolean(), false),
    limits: v.record(v.string(), v.number()),
    network: v.optional(v.custom<NetworkPolicy>((value) => typeof value === "object")),
  }),
  parts: v.object({ kernel: Part, initramfs: Part, root: Part, heads: Part, programs: Part }),
});

export type ImageManifest = v.InferOutput<typeof Manifest>;

/** What a profile builds: files that machines boot from, all read-only. */
export interface Image {
  readonly name: string;
  readonly key: string;
  readonly directory: string;
  readonly kernel: string;
  readonly initramfs: string;
  readonly root: string;
  /** Digests of how its programs begin; see `program-heads.ts`. */
  readonly heads: string;
  /** Digests of the root's executable files: see `programs.ts`. */
  readonly programs: string;
  readonly profile: ProfileSettings;
  readonly manifest: ImageManifest;
}

const MANIFEST = "manifest.json";

/**
 * Reads an image and checks its parts: a digest where a part's look has changed, or each one with `full`.
 * @returns undefined where there is none
 * @throws E_IMAGE_CORRUPT naming the part
 */
export async function readImage(directory: string, full = false): Promise<Image | undefined> {
  if (!existsSync(directory)) return undefined;
  const raw = attempt(
    () => JSON.parse(readFileSync(join(directory, MANIFEST), "utf8")) as unknown,
    "told below",
  );
  const parsed = v.safeParse(Manifest, raw);
  if (!parsed.success) throw corrupt(join(directory, MANIFEST));
  const manifest = await check(directory, parsed.output, full);
  const { kernel, initramfs, root, heads, programs } = manifest.parts;
  return {
    name: manifest.name,
    key: manifest.key,
    directory,
    manifest,
    profile: manifest.profile,
    kernel: join(directory, kernel.file),
    initramfs: join(directory, initramfs.file),
    root: join(directory, root.file),
    heads: join(directory, heads.file),
    programs: join(directory, programs.file),
  };
}

export function writeManifest(directory: string, manifest: ImageManifest): void {
  const path = join(directory, MANIFEST);
  // Two that notice another look write at once: each its own file.
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o644 });
  renameSync(`${path}.${process.pid}`, path);
}

export async function describePart(directory: string, file: string): Promise<v.InferOutput<typeof Part>> {
  const path = join(directory, file);
  return { file, size: statSync(path).size, sha256: await hashFile(path), seen: lookOf(path) };
}

async function check(directory: string, manifest: ImageManifest, full: boolean): Promise<ImageManifest> {
  const looks = { ...manifest.parts };
  let changed = false;
  for (const name of ["kernel", "initramfs", "root", "heads", "programs"] as const) {
    const part = manifest.parts[name];
    const path = join(directory, part.file);
    const look = attempt(() => lookOf(path), "told below");
    if (look === undefined || statSync(path).size !== part.size) throw corrupt(path);
    if (!full && look === part.seen) continue;
    if ((await hashFile(path)) !== part.sha256) throw corrupt(path);
    changed ||= look !== part.seen;
    looks[name] = { ...part, seen: look };
  }
  const checked = { ...manifest, parts: looks };
  if (changed)
    attempt(() => {
      writeManifest(directory, checked);
    }, "a store that cannot be written is checked again next time");
  return checked;
}

function corrupt(path: string): MayflyError {
  return new MayflyError("E_IMAGE_CORRUPT", `The image file ${path} is damaged or missing`, {
    next: "It is built again at the next run; `mayfly images build` does it now.",
  });
}
