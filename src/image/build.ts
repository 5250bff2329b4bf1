import { chmodSync, copyFileSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { makeStoreDirectory } from "../foundation/index.ts";
import { newOwnedName, runTool } from "../process/index.ts";
import { makeInitramfs, wantedModules } from "./initramfs.ts";
import { fetchKernel, resolveModules } from "./kernel.ts";
import { describePart, writeManifest, type ImageManifest } from "./manifest.ts";
import { parseProfile } from "./profile-document.ts";
import { ROOT_FILES, ROOT_FORMAT, placeRoot } from "./root.ts";
import type { StorePaths } from "./store.ts";

const HOUR = 3_600_000;

export interface BuildRequest {
  readonly name: string;
  readonly folder: string;
  readonly key: string;
  readonly target: string;
  readonly store: StorePaths;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
}

/** Builds an image in a directory beside its place; only the rename at the end makes it one. */
export async function buildImage({
  name,
  folder,
  key,
  target,
  store,
  progress,
  signal,
}: BuildRequest): Promise<void> {
  const work = join(store.temporary, newOwnedName());
  try {
    makeStoreDirectory(work);
    const made = await makeParts(work, { name, folder, store, progress, signal });
    const image = join(work, "image");
    progress({ step: "Sealing the image" });
    const manifest: ImageManifest = {
      format: 1,
      name,
      key,
      builtAt: new Date().toISOString(),
      ...made,
      parts: {
        kernel: await describePart(image, "vmlinuz"),
        initramfs: await describePart(image, "initramfs.gz"),
        root: await describePart(image, ROOT_FILES.root),
        heads: await describePart(image, ROOT_FILES.heads),
        programs: await describePart(image, ROOT_FILES.programs),
      },
    };
    writeManifest(image, manifest);
    await runTool(["sync", "-f", image], { timeoutMs: HOUR, failure: "E_IMAGE_BUILD" });
    renameSync(image, target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

type Made = Pick<ImageManifest, "kernelRelease" | "packages" | "rootKey" | "rootFormat" | "profile">;

async function makeParts(
  work: string,
  { name, folder, store, progress, signal }: Omit<BuildRequest, "key" | "target">,
): Promise<Made> {
  const file = join(folder, "profile.yaml");
  const { debian, modules, ...profile } = parseProfile(readFileSync(file, "utf8"), file);
  const image = join(work, "image");
  makeStoreDirectory(image);
  const kernel = await fetchKernel(work, { progress, signal });
  copyFileSync(kernel.image, join(image, "vmlinuz"));
  progress({ step: "Compiling the guest's agent" });
  const needed = resolveModules(wantedModules(ROOT_FORMAT, modules), kernel.modules);
  await makeInitramfs({
    work,
    target: join(image, "initramfs.gz"),
    modules: needed,
    rootFormat: ROOT_FORMAT,
    signal,
  });
  const root = await placeRoot({
    name,
    folder,
    settings: { debian, display: profile.display },
    images: store.images,
    image,
    work,
    progress,
    signal,
  });
  for (const part of ["vmlinuz", "initramfs.gz", ...Object.values(ROOT_FILES)])
    chmodSync(join(image, part), 0o444);
  return {
    kernelRelease: kernel.release,
    ...root,
    rootFormat: ROOT_FORMAT,
    profile: { ...profile, limits: { ...profile.limits } as Record<string, number> },
  };
}
