import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
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
  const data = given(env["XDG_DATA_HOME"]) ?? join(homedir(), ".local", "share");
  const usual = process.getuid?.() === 0 ? "/var/lib/mayfly" : join(data, "mayfly");
  return pathsIn(given(env["MAYFLY_HOME"]) ?? usual);
}

export function pathsIn(root: string): StorePaths {
  const absolute = resolve(root);
  return { root: absolute, images: join(absolute, "images"), temporary: join(absolute, "tmp") };
}

/** An empty variable is none. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
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
