import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Progress } from "../contract/index.ts";
import { MayflyError, inStore, isMayflyError } from "../foundation/index.ts";
import { isAbandoned, requireSubordinateIds, withLock } from "../process/index.ts";
import { findProfile } from "./find-profile.ts";
import { imageKey } from "./key.ts";
import type { BuildRequest } from "./build.ts";
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
 * @throws E_UNKNOWN_PROFILE, E_BAD_PROFILE, E_IMAGE_BUILD, E_DISK_FULL, E_STORE_UNWRITABLE, E_SETUP_NEEDED
 */
export async function ensureImage(name: string, { store, progress, signal }: EnsureOptions): Promise<Image> {
  const folder = findProfile(name);
  const key = imageKey(folder);
  const paths = pathsIn(store);
  const target = imagePlace(name, store);
  return await inStore(
    store,
    async () =>
      (await readSound(target)) ??
      (await buildOnce({ name, folder, key, target, store: paths, progress, signal })),
  );
}

/** Where the image of a profile, as it is now, is or would be built. @throws E_UNKNOWN_PROFILE */
export function imagePlace(name: string, store: string): string {
  return join(pathsIn(store).images, `${name}-${imageKey(findProfile(name))}`);
}

/** Under a lock, as two that find an image missing or damaged must not work on it at once. */
async function buildOnce(request: BuildRequest): Promise<Image> {
  const { name, target, store, progress, signal } = request;
  makeStore(store);
  const onWait = (): void => {
    progress({ step: `Waiting for another Mayfly that builds the image ${name}` });
  };
  return await withLock(join(store.images, `${name}.lock`), { onWait, signal }, async () => {
    const meanwhile = await readOrDiscard(target, progress);
    if (meanwhile !== undefined) return meanwhile;
    discardAbandoned(store.temporary);
    requireSubordinateIds();
    // Parsing profiles and building are rare; the common start does without their libraries.
    const { buildImage } = await import("./build.ts");
    await buildImage(request);
    const image = await readImage(target);
    if (image === undefined)
      throw new MayflyError("E_IMAGE_BUILD", `The image ${target} vanished while it was built`);
    return image;
  });
}

/** The image, if there is one and nothing is wrong with it. */
async function readSound(directory: string): Promise<Image | undefined> {
  try {
    return await readImage(directory);
  } catch (cause) {
    if (isMayflyError(cause, "E_IMAGE_CORRUPT")) return undefined;
    throw cause;
  }
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

/** What builders that were killed left. */
function discardAbandoned(temporary: string): void {
  for (const name of readdirSync(temporary))
    if (isAbandoned(name)) rmSync(join(temporary, name), { recursive: true, force: true });
}
