import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from "node:fs";
import { isElf, regularFiles } from "./tar-files.ts";

export const HEADS_FILE = "heads";

const HEAD = 4096;
/** Bytes of a digest that are kept. */
const DIGEST = 16;
const MOST_PROGRAMS = 65_536;

/**
 * Writes how each program and library (ELF) of a root file system begins: digests of their first 4,096 bytes, cut to 16,
 * ascending. By it a page of guest memory is known to be a file's.
 * @param tar the root file system
 */
export function writeProgramHeads(tar: string, target: string): void {
  const descriptor = openSync(tar, "r");
  try {
    const digests = new Set<string>();
    for (const { at, size } of regularFiles(descriptor, fstatSync(descriptor).size)) {
      const head = Buffer.alloc(HEAD);
      readSync(descriptor, head, 0, Math.min(HEAD, size), at);
      if (isElf(head) && digests.size < MOST_PROGRAMS)
        digests.add(
          createHash("sha256")
            .update(head)
            .digest("hex")
            .slice(0, DIGEST * 2),
        );
    }
    writeFileSync(target, Buffer.from([...digests].sort().join(""), "hex"));
  } finally {
    closeSync(descriptor);
  }
}
