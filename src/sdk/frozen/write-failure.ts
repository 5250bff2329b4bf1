import { MayflyError, errnoOf, neutralise } from "../../foundation/index.ts";

/** Says why a file of the user's could not be written; what is no such failure stays as it is. */
export function writeFailure(path: string, cause: unknown): unknown {
  const errno = errnoOf(cause);
  if (cause instanceof MayflyError || errno === undefined) return cause;
  const name = neutralise(path);
  if (errno === "EEXIST")
    return new MayflyError("E_OUTPUT_EXISTS", `${name} exists already`, { next: "Name another file." });
  const full = errno === "ENOSPC" || errno === "EDQUOT";
  return new MayflyError(full ? "E_DISK_FULL" : "E_OUTPUT_WRITE", `${name} could not be written: ${errno}`, {
    cause,
    next: "Make room, or name a file elsewhere.",
  });
}
