import { join, normalize } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numbered, refusePath } from "./output-names.ts";

describe("refusePath", () => {
  it.each([
    "../x",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "",
    ".",
    "..",
    "a/",
    "a/./b",
    "x\u001b[31m",
    "a\nb",
    "\u202efdp.exe",
    "a\u200bb",
  ])("keeps %j out", (path) => {
    expect(refusePath(path, 32)).toBeTypeOf("string");
  });

  it.each(["report.csv", "a/b/c.txt", "日本語.txt", "naïve file (1).pdf", ".hidden", "-rf", "emoji 🙂.png"])(
    "lets %j come back",
    (path) => {
      expect(refusePath(path, 32)).toBeUndefined();
    },
  );

  it("bounds depth and length", () => {
    expect(refusePath("a/a/a", 2)).toContain("deeper");
    expect(refusePath("x".repeat(256), 32)).toContain("255");
    expect(refusePath("x/".repeat(600), 2000)).toContain("1024");
  });

  it("never lets a path leave the directory", () => {
    const parts = fc.array(fc.oneof(fc.string(), fc.constantFrom("..", ".", "", "/", "a", "\0", "\u001b")), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(parts, (names) => {
        const path = names.join("/");
        if (refusePath(path, 32) === undefined)
          expect(normalize(join("/out", path)).startsWith("/out/")).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe("numbered", () => {
  it("puts the number before the extension", () => {
    expect(numbered("report.csv", 2)).toBe("report (2).csv");
    expect(numbered("a.b/plain", 3)).toBe("a.b/plain (3)");
    expect(numbered(".hidden", 2)).toBe(".hidden (2)");
    expect(numbered("dir/.hidden", 2)).toBe("dir/.hidden (2)");
  });
});
