import { chmodSync, lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { MayflyError, errnoOf } from "./errors.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Where the ledger lives: on a file system in memory, readable by its owner only. Root: `/run/mayfly`; others:
 * `$XDG_RUNTIME_DIR/mayfly`, else `/tmp/mayfly-UID`. `MAYFLY_RUNTIME` overrides.
 * @throws E_STORE_UNWRITABLE where it cannot be made or belongs to somebody else
 */
export function runDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const uid = process.getuid?.() ?? 0;
  const path = resolve(given(env["MAYFLY_RUNTIME"]) ?? defaultPath(uid, given(env["XDG_RUNTIME_DIR"])));
  try {
    makeDirectory(path, 0o700);
  } catch (cause) {
    throw unusable(path, errnoOf(cause) ?? "unknown");
  }
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== uid) throw unusable(path, "it is not a directory of yours");
  // Names of commands and pids are in it; a directory from elsewhere may be open to others.
  if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}

/** An empty variable is none. */
function given(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function defaultPath(uid: number, runtime: string | undefined): string {
  if (uid === 0) return "/run/mayfly";
  return runtime === undefined ? `/tmp/mayfly-${uid}` : join(runtime, "mayfly");
}

function unusable(path: string, why: string): MayflyError {
  return new MayflyError("E_STORE_UNWRITABLE", `The run directory ${path} cannot be used: ${why}`, {
    next: "Make it writable for you, or name another directory in MAYFLY_RUNTIME.",
  });
}
