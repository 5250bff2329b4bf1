import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isMayflyError } from "../foundation/index.ts";
import { regularFiles } from "./tar-files.ts";

let work: string;
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), "mayfly-tar-"));
});
afterAll(() => {
  rmSync(work, { recursive: true });
});

function filesOf(archive: Uint8Array): { at: number; size: number }[] {
  writeFileSync(join(work, "archive"), archive);
  const descriptor = openSync(join(work, "archive"), "r");
  try {
    return [...regularFiles(descriptor, archive.length)];
  } finally {
    closeSync(descriptor);
  }
}

it.each(["gnu", "pax", "ustar"])("finds the content of every file of an archive (%s)", (format) => {
  const long = "n".repeat(90);
  const script = `mkdir -p d/${long} && printf abc >d/${long}/${long}.txt && printf '' >d/empty && ln -sf x d/link && seq 1 5000 >d/seq`;
  execFileSync("sh", ["-c", script], { cwd: work });
  const archive = execFileSync("tar", ["-c", `--format=${format}`, "d"], { cwd: work });
  const found = filesOf(archive).map(({ at, size }) => archive.toString("latin1", at, at + size));
  expect(found.map((text) => text.length).sort((a, b) => a - b)).toEqual([0, 3, 23893]);
  expect(found).toContain("abc");
});

it("comes to an end with any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(2000), (bytes, at) => {
      const archive = Buffer.concat([
        Buffer.alloc(257),
        Buffer.from("ustar"),
        bytes,
        Buffer.from(String(at)),
      ]);
      try {
        expect(filesOf(archive).length).toBeLessThan(10);
      } catch (cause) {
        expect(isMayflyError(cause, "E_IMAGE_BUILD")).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});
