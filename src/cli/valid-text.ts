import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { MayflyError, attempt, neutralise } from "../foundation/index.ts";

/** What Node puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd";

/**
 * Refuses a word of our command line or environment that Node could not read: the task would get another one. The character
 * itself is allowed, so the kernel's own copy decides.
 * @throws E_USAGE
 */
export function requireUtf8(text: string, source: "cmdline" | "environ"): void {
  if (!text.includes(REPLACEMENT)) return;
  const bytes = attempt(() => readFileSync(`/proc/self/${source}`), "then it is refused");
  if (bytes !== undefined && isUtf8(bytes)) return;
  const what = source === "cmdline" ? "The argument" : "The variable's value";
  throw new MayflyError("E_USAGE", `${what} "${neutralise(text, 60)}" is not valid UTF-8`, {
    next: "Pass such data through a file or standard input, and give such a file another name.",
  });
}
