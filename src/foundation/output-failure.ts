import { MayflyError, asMayflyError, errnoOf } from "./errors.ts";
import { neutralise } from "./untrusted.ts";

const FULL = new Set(["ENOSPC", "EDQUOT"]);

/** Says why a result could not be written to `path`, a place of the user's; what is no word of a file system stays what it is. */
export function outputFailure(path: string, cause: unknown): MayflyError {
  const errno = errnoOf(cause);
  if (errno === undefined || !/^E[A-Z0-9]+$/.test(errno)) return asMayflyError(cause);
  return new MayflyError(
    FULL.has(errno) ? "E_DISK_FULL" : "E_OUTPUT_WRITE",
    `Could not write ${neutralise(path)}: ${errno}`,
    { cause, next: "Make room, or name another directory with --out." },
  );
}
