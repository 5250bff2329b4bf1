import { constants } from "node:fs";
import { copyFile, link } from "node:fs/promises";
import { errnoOf } from "./errors.ts";

/** What file systems without hard links answer. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** Whether making a hard link failed because the file system has none. */
export function lacksLinks(cause: unknown): boolean {
  return WITHOUT_LINKS.has(errnoOf(cause) ?? "");
}

/** Gives a finished file its name, and never replaces one that is there, not even in a race. @throws EEXIST */
export async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!lacksLinks(cause)) throw cause;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}
