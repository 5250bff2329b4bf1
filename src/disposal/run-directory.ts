import { chmodSync, lstatSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { MayflyError, errnoOf } from "../foundation/index.ts";

/**
 * Where the ledger lives: on a file system in memory, readable by its owner only. Root: `/run/mayfly`; others:
 * `$XDG_RUNTIME_DIR/mayfly`, else `/tmp/mayfly-UID`. `MAYFLY_RUNTIME` overrides.
 * @throws E_STORE_UNWRITABLE where it cannot be made or belongs to somebody else
 */
export function runDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const uid = process.getuid?.() ?? 0;
  const path = resolve(env["MAYFLY_RUNTIME"] ?? defaultPath(uid, env["XDG_RUNTIME_DIR"]));
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(path, errnoOf(cause) ?? "unknown");
  }
  const stat = lstatSync(path);
  if (!stat.isDirectory() || stat.uid !== uid) throw unusable(path, "it is not a directory of yours");
  // Names of commands and pids are in it; a directory from elsewhere may be open to others.
  if ((stat.mode & 0o077) !== 0) chmodSync(path, 0o700);
  return path;
}

function defaultPath(uid: number, runtime: string | undefined): string {
  if (uid === 0) return "/run/mayfly";
  return runtime === undefined || runtime === "" ? `/tmp/mayfly-${uid}` : join(runtime, "mayfly");
}

function unusable(path: string, why: string): MayflyError {
  return new MayflyError("E_STORE_UNWRITABLE", `The run directory ${path} cannot be used: ${why}`, {
    next: "Make it writable for you, or name another directory in MAYFLY_RUNTIME.",
  });
}
