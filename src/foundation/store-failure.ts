import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { MayflyError, errnoOf } from "./errors.ts";

const FULL = ["ENOSPC", "EDQUOT"];
const NAMED_BY = "MAYFLY_HOME for the store, MAYFLY_STATE for reports and copies";
const REFUSED = ["EROFS", "EACCES", "EPERM"];

/** Says why `path` of the store could not be written. */
export function storeFailure(path: string, cause: unknown, errno = errnoOf(cause) ?? "unknown"): MayflyError {
  return FULL.includes(errno)
    ? new MayflyError("E_DISK_FULL", `No space is left for ${path}: ${errno}`, {
        cause,
        next: `Free some space, or name a directory that has it: ${NAMED_BY}.`,
      })
    : new MayflyError("E_STORE_UNWRITABLE", `${path} cannot be written: ${errno}`, {
        cause,
        next: `Make it writable for you, or name another directory: ${NAMED_BY}.`,
      });
}

/** Runs `work` on the files of `store`. @throws E_DISK_FULL, E_STORE_UNWRITABLE where the file system refuses */
export async function inStore<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (![...FULL, ...REFUSED].includes(errnoOf(cause) ?? "") || cause instanceof MayflyError) throw cause;
    const path =
      cause instanceof Error && "path" in cause && typeof cause.path === "string" ? cause.path : "";
    throw storeFailure(
      path.startsWith(store) ? path : `${path === "" ? "" : `${path}, for `}the store ${store}`,
      cause,
    );
  }
}

/**
 * Makes a directory of the store that everybody may read, whatever the umask: QEMU may run as another user. One by one,
 * as Node calls a read-only file system ENOENT where it makes parents too.
 */
export function makeStoreDirectory(path: string): void {
  if (existsSync(path)) return;
  makeStoreDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (cause) {
    if (errnoOf(cause) === "EEXIST") return; // another Mayfly was faster
    throw cause;
  }
  chmodSync(path, 0o755);
}
