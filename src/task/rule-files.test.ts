import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readRules } from "./rule-files.ts";

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "mayfly-rules-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

it.each<[what: string, make: (path: string) => void]>([
  ["a FIFO that nobody writes to", (path) => execFileSync("mkfifo", [path])],
  [
    "a link to a device without an end",
    (path) => {
      symlinkSync("/dev/zero", path);
    },
  ],
  [
    "a directory",
    (path) => {
      mkdirSync(path);
    },
  ],
  [
    "a file that is too large",
    (path): void => {
      writeFileSync(path, "");
      truncateSync(path, 2 ** 40);
    },
  ],
])("refuses %s, with its name, and does not wait for it", async (_what, make) => {
  const path = join(scratch, "x.yaml");
  make(path);
  await expect(readRules(path)).rejects.toMatchObject({
    code: "E_INPUT_UNREADABLE",
    message: expect.stringContaining(path) as string,
  });
});
