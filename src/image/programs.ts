import { readFileSync } from "node:fs";
import { attempt } from "../foundation/index.ts";

/** Name of the file in an image: `sha256sum -z` of every executable file of the root, as it was packed. */
export const PROGRAMS = "programs";

const lists = new Map<string, ReadonlyMap<string, string>>();

/** SHA-256 of an executable file of an image by its path in the guest; read when first asked for, 0.1 to 1 MiB. */
export function programHash(list: string, path: string): string | undefined {
  const known = lists.get(list) ?? read(list);
  lists.set(list, known);
  return known.get(path);
}

function read(list: string): ReadonlyMap<string, string> {
  // Bytes that are not UTF-8 make a name that is asked for in another spelling, and then is not found.
  const text = attempt(() => readFileSync(list, "utf8"), "without it, programs have no digest") ?? "";
  return new Map(
    text
      .split("\0")
      .filter((line) => line !== "")
      .map((line) => [line.slice(67), line.slice(0, 64)]),
  );
}
