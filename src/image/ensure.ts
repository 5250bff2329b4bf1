import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { MayflyError, attempt, isMayflyError } from "../foundation/index.ts";
import { withLock } from "../process/index.ts";
import { findProfile } from "./find-profile.ts";
import { imageKey } from "./key.ts";
import { readImage, type Image } from "./manifest.ts";
import { makeStore, pathsIn } from "./store.ts";

interface EnsureOptions {
  /** Root of the store. */
  readonly store: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The image of a profile: as found, or built now. A damaged one is built again, and `progress` says so. Two that build
 * the same one wait for each other.
 * @throws E_UNKNOWN_PROFILE, E_BAD_PROFILE, E_IMAGE_BUILD, E_DISK_FULL, E_STORE_UNWRITABLE
 */
export async function ensureImage(name: string, { store, progress, signal }: EnsureOptions): Promise<Image> {
  const folder = findProfile(name);
  const key = imageKey(folder);
  const paths = pathsIn(store);
  const target = join(paths.images, `${name}-${key}`);
  const found = await readOrDiscard(target, progress);
  if (found !== undefined) return found;
  makeStore(paths);
  const onWait = (): void => { progress({ step: `Waiting for another Mayfly that builds the image ${name}` }); };
  return await withLock(join(paths.images, `${name}-${key}.lock`), { onWait, signal }, async () => {
    const meanwhile = await readOrDiscard(target, progress);
    if (meanwhile !== undefined) return meanwhile;
    discardAbandoned(paths.temporary);
    // Parsing profiles and building are rare; the common start does without their libraries.
    const { buildImage } = await import("./build.ts");
    await buildImage({ name, folder, key, target, store: paths, progress, signal });
    const image = await readImage(target);
    if (image === undefined) throw new MayflyError("E_IMAGE_BUILD", `The image ${target} vanished while it was built`);
    return image;
  });
}

async function readOrDiscard(directory: string, progress: Progress): Promise<Image | undefined> {
  try {
    return await readImage(directory);
  } catch (cause) {
    if (!isMayflyError(cause, "E_IMAGE_CORRUPT")) throw cause;
    progress({ step: "Building a damaged image again", detail: cause.message });
    rmSync(directory, { recursive: true, force: true });
    return undefined;
  }
}

/** What builders that were killed left: their process id begins the name. */
function discardAbandoned(temporary: string): void {
  for (const name of readdirSync(temporary)) {
    const pid = Number(name.split("-")[0]);
    const lives = attempt(() => process.kill(pid, 0), "no such process, or another user's: not ours any more") === true;
    if (!lives) rmSync(join(temporary, name), { recursive: true, force: true });
  }
}
