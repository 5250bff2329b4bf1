import { constants } from "node:fs";
import { copyFile, link } from "node:fs/promises";
import { errnoOf } from "./errors.ts";

/** What file systems without hard links answer. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

/** Gives a finished file its name, and never replaces one that is there, not even in a race. @throws EEXIST */
export async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (cause) {
    if (!WITHOUT_LINKS.has(errnoOf(cause) ?? "")) throw cause;
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}
