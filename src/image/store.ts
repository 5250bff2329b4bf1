import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeStoreDirectory, storeFailure } from "../foundation/index.ts";

export interface StorePaths {
  readonly root: string;
  readonly images: string;
  /** For what is being made; on the same file system as what it becomes. */
  readonly temporary: string;
}

/**
 * Where images and templates live: `MAYFLY_HOME`, else `/var/lib/mayfly` for root (whose QEMU runs as another user and
 * must reach it), else `$XDG_DATA_HOME/mayfly` or `~/.local/share/mayfly`.
 */
export function storePaths(env: NodeJS.ProcessEnv = process.env): StorePaths {
  const data = env["XDG_DATA_HOME"] ?? join(homedir(), ".local", "share");
  const usual = process.getuid?.() === 0 ? "/var/lib/mayfly" : join(data, "mayfly");
  return pathsIn(env["MAYFLY_HOME"] ?? usual);
}

export function pathsIn(root: string): StorePaths {
  return { root, images: join(root, "images"), temporary: join(root, "tmp") };
}

/** Makes the store's directories. @throws E_STORE_UNWRITABLE, E_DISK_FULL naming the directory */
export function makeStore(store: StorePaths): void {
  for (const path of [store.root, store.images, store.temporary]) {
    try {
      makeStoreDirectory(path);
      accessSync(path, constants.W_OK);
    } catch (cause) {
      throw storeFailure(`the store ${path}`, cause);
    }
  }
}
