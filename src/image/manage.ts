import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { attempt } from "../foundation/index.ts";
import { findProfile } from "./find-profile.ts";
import { imageKey } from "./key.ts";
import { readImage, type Image } from "./manifest.ts";
import { pathsIn } from "./store.ts";

export interface StoredImage {
  readonly directory: string;
  readonly name: string;
  readonly key: string;
  /** Undefined where its manifest cannot be read. */
  readonly image: Image | undefined;
  /** Built from what its profile says now. */
  readonly current: boolean;
}

const NAME = /^([a-z][a-z0-9-]*)-([0-9a-f]{16})$/;

/** All images in a store, damaged and outdated ones too. */
export async function listImages(store: string): Promise<StoredImage[]> {
  const { images } = pathsIn(store);
  const names = (attempt(() => readdirSync(images), "none yet") ?? []).filter((name) => NAME.test(name));
  return await Promise.all(
    names.map(async (directory) => {
      const [, name = "", key = ""] = NAME.exec(directory) ?? [];
      const path = join(images, directory);
      const image = await readImage(path).catch(() => undefined);
      return {
        directory: path,
        name,
        key,
        image,
        current: attempt(() => imageKey(findProfile(name)), "its profile is gone") === key,
      };
    }),
  );
}

/** Hashes every part. @throws E_IMAGE_CORRUPT naming the first damaged one */
export async function verifyImage(directory: string): Promise<void> {
  await readImage(directory, true);
}

export function removeImage(directory: string): boolean {
  const existed = existsSync(directory);
  rmSync(directory, { recursive: true, force: true });
  return existed;
}
