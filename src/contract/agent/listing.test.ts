import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzzRuns } from "../../../test/support/agent-arbitraries.ts";
import { asUntrusted, isMayflyError } from "../../foundation/index.ts";
import { encodeRecord, ListingDecoder, type GuestEntry } from "./index.ts";

const LIMITS = { maxEntries: 100, maxDepth: 4 };
const entry = { kind: "file", mode: 0o644, size: 3n, path: "a" } as const;
const directory = { ...entry, kind: "directory" } as const;

function decode(bytes: Uint8Array, cut = bytes.length, limits = LIMITS): GuestEntry[] {
  const decoder = new ListingDecoder(limits);
  const entries: GuestEntry[] = [];
  for (let at = 0; at < bytes.length; at += cut) {
    entries.push(...decoder.read(asUntrusted(bytes.subarray(at, at + cut))));
  }
  decoder.end();
  return entries;
}

const TREE = Buffer.concat([
  encodeRecord({ ...directory, path: "d" }),
  encodeRecord({ ...entry, path: "d/x\udcff", size: 1n << 63n }),
  encodeRecord({ ...entry, kind: "symlink", path: "l" }),
]);

describe("a listing", () => {
  it.each([1, 2, 7, 16, 17, 18, 1000])("is decoded in pieces of %i bytes", (cut) => {
    expect(decode(TREE, cut)).toEqual([
      { kind: "directory", mode: 0o644, size: 3, path: "d" },
      { kind: "file", mode: 0o644, size: Number.MAX_SAFE_INTEGER, path: "d/x\udcff" },
      { kind: "symlink", mode: 0o644, size: 3, path: "l" },
    ]);
  });

  it.each([
    ["plain and relative", ["/etc/passwd"]],
    ["plain and relative", [".."]],
    ["plain and relative", ["a/../b"]],
    ["plain and relative", ["."]],
    ["plain and relative", [""]],
    ["plain and relative", ["a/"]],
    ["no listed parent", ["a/b"]],
    ["no listed parent", ["a", "a/b"]], // `a` is a file
    ["of 5 names", ["1/2/3/4/5"]],
  ])("is refused where a path is not %s: %j", (rule, paths) => {
    expect(() => decode(Buffer.concat(paths.map((path) => encodeRecord({ ...entry, path }))))).toThrow(rule);
  });

  it("never has children of a symlink", () => {
    const link = encodeRecord({ ...entry, kind: "symlink", path: "a" });
    expect(() => decode(Buffer.concat([link, encodeRecord({ ...entry, path: "a/b" })]))).toThrow(
      "no listed parent",
    );
  });

  it("is held to the number of entries, to modes and kinds, and to whole records", () => {
    const one = encodeRecord(entry);
    expect(() => decode(Buffer.concat([one, one]), 9, { maxEntries: 1, maxDepth: 1 })).toThrow(
      "more than 1 entries",
    );
    expect(() => decode(encodeRecord({ ...entry, mode: 0o10000 }))).toThrow("mode");
    expect(() => decode(Buffer.from(one).fill("z", 0, 1))).toThrow("kind of 122");
    expect(() => decode(one.subarray(0, 10))).toThrow("within a record");
    expect(() => decode(Buffer.from(one).fill(0xff, 13, 17))).toThrow("path of 4294967295 bytes");
  });

  it("takes any bytes: entries, or a protocol error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (noise, cut) => {
        try {
          decode(Buffer.concat([TREE, noise]), cut);
        } catch (cause) {
          expect(isMayflyError(cause, "E_GUEST_PROTOCOL")).toBe(true);
        }
      }),
      { numRuns: fuzzRuns(2000) },
    );
  });
});
