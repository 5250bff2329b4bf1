import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "./errors.ts";

/**
 * Makes a directory and its parents. One by one, as Node 20's own recursive way spins for ever where a parent that is
 * there answers ENOENT (below `/proc`), and calls a read-only file system ENOENT.
 * @param mode of those that are made, less the umask
 */
export function makeDirectory(path: string, mode = 0o777): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (cause) {
    if (errnoOf(cause) !== "EEXIST") throw cause; // else another was faster
  }
}
