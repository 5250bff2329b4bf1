import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { elfKind, findExecutables, runs } from "./executables.ts";
import { KnownHeads } from "./known-heads.ts";

const own = readFileSync(process.execPath).subarray(0, 4096);

describe("an ELF header", () => {
  it("tells what it begins", () => {
    expect(elfKind(own)).toMatch(
      /^ELF 64-bit x86-64 (executable|shared object or position-independent executable)$/,
    );
  });

  it("is one only where it is whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 128 }), (bytes) => {
        elfKind(Buffer.concat([Buffer.from("\x7fELF", "latin1"), bytes])); // breaks nothing
        expect(elfKind(Buffer.from(bytes.map((byte) => byte & 0x7e)))).toBeUndefined();
      }),
    );
    expect(elfKind(own.subarray(0, 40))).toBeUndefined();
  });
});

it("splits pages into runs that hold exactly them, in order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(2000), { maxLength: 1500 }), (list) => {
      const pages = Uint32Array.from(list).sort();
      const found = [...runs(pages)];
      expect(
        found.flatMap(([from, end]) => Array.from({ length: end - from }, (_, index) => from + index)),
      ).toEqual([...pages]);
      expect(found.every(([from, end]) => end - from <= 256)).toBe(true);
    }),
  );
});

describe("programs in memory", () => {
  const memory = Buffer.alloc(300 * 4096);
  for (let page = 1; page < 300; page += 2) own.copy(memory, page * 4096);
  const scan = (isKnown: (sha256: Buffer) => boolean): ReturnType<typeof findExecutables> =>
    findExecutables({
      memory: { read: (at, length) => memory.subarray(at, at + length) },
      pages: Uint32Array.from({ length: 300 }, (_, index) => index),
      addressOf: (page) => page * 4096,
      isKnown,
    });

  it("are told, at most 100 of them", () => {
    const { executables, executablesOmitted } = scan(() => false);
    expect([executables.length, executablesOmitted]).toEqual([100, 50]);
    expect(executables[0]).toMatchObject({
      address: "0x1000",
      sha256: createHash("sha256").update(own).digest("hex"),
    });
  });

  it("are not told where a file is known that begins like them", () => {
    const digest = createHash("sha256").update(own).digest();
    const heads = new KnownHeads(digest.subarray(0, 16));
    expect(scan((sha256) => heads.has(sha256)).executables).toEqual([]);
  });
});

it("knows exactly the heads that it was given", () => {
  const hex = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
  fc.assert(
    fc.property(fc.array(hex), fc.array(hex), hex, (image, inputs, other) => {
      const sorted = image.map((digest) => digest.slice(0, 32)).sort();
      const heads = new KnownHeads(Buffer.from(sorted.join(""), "hex"));
      for (const digest of inputs) heads.add(Buffer.from(digest, "hex"));
      for (const digest of [...image, ...inputs]) expect(heads.has(Buffer.from(digest, "hex"))).toBe(true);
      const isIn = [...image, ...inputs].some((digest) => digest.startsWith(other.slice(0, 32)));
      expect(heads.has(Buffer.from(other, "hex"))).toBe(isIn);
    }),
  );
});
