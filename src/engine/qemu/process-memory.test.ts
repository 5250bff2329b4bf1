import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mappingsOf, writtenPages } from "./process-memory.ts";

describe("mappings of a file", () => {
  it("are found by its path, in the file's order", () => {
    const maps = [
      "7fd9509ff000-7fd9519ff000 rw-p 10000000 fe:00 2164403                    /template/ram",
      "7fd9409ff000-7fd9509ff000 rw-p 00000000 fe:00 2164403                    /template/ram (deleted)",
      "7fd95440a000-7fd95440b000 r--p 00000000 fe:00 2164307                    /lib/template/ram",
      "7fd95440b000-7fd95440c000 r-xp 00001000 00:00 0 ",
    ].join("\n");
    expect(mappingsOf(maps, "/template/ram")).toEqual([
      { from: 0x7fd9409ff000, length: 0x10000000, at: 0 },
      { from: 0x7fd9509ff000, length: 0x1000000, at: 0x10000000 },
    ]);
  });

  it("are at most 64 of positive length, whatever the text is", () => {
    const line = fc.tuple(fc.nat(), fc.nat(), fc.nat()).map(([from, end, at]) => {
      const [a, b, c] = [from, end, at].map((value) => value.toString(16));
      return `${a}-${b} rw-p ${c} fe:00 1 /ram`;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 200 }), (lines) => {
        const found = mappingsOf(lines.join("\n"), "/ram");
        expect(found.length).toBeLessThanOrEqual(64);
        expect(found.every(({ length }) => length > 0)).toBe(true);
      }),
    );
  });
});

it("tells pages that were written from those that are the file's or were never touched", () => {
  const entry = fc.record({
    present: fc.boolean(),
    swapped: fc.boolean(),
    file: fc.boolean(),
    low: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 300 }), (entries) => {
      const bytes = new Uint8Array(entries.length * 8);
      const view = new DataView(bytes.buffer);
      entries.forEach(({ present, swapped, file, low }, page) => {
        const high = (present ? 1 << 31 : 0) | (swapped ? 1 << 30 : 0) | (file ? 1 << 29 : 0);
        view.setUint32(page * 8, low, true);
        view.setUint32(page * 8 + 4, high >>> 0, true);
      });
      const expected = entries.flatMap(({ present, swapped, file }, page) =>
        (present || swapped) && !file ? [page] : [],
      );
      expect([...writtenPages(bytes)]).toEqual(expected);
    }),
  );
});
