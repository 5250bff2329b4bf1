import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END, inPieces, json, page, record } from "../../../test/support/converter-records.ts";
import { isMayflyError } from "../../foundation/index.ts";
import { readRecords } from "./read-records.ts";
import type { ConverterRecord } from "./record.ts";

async function readAll(bytes: Buffer, size?: number): Promise<ConverterRecord[]> {
  const records: ConverterRecord[] = [];
  for await (const each of readRecords(inPieces(bytes, size)))
    records.push(each.kind === "page" ? { ...each, pixels: Buffer.from(each.pixels) } : each);
  return records;
}

async function lieIn(bytes: Buffer): Promise<string> {
  try {
    await readAll(bytes);
  } catch (cause) {
    if (isMayflyError(cause, "E_GUEST_PROTOCOL")) return cause.message;
    throw cause;
  }
  return expect.fail("should have been refused");
}

describe("readRecords", () => {
  it("decodes every kind, wherever the pieces end", async () => {
    const bytes = Buffer.concat([
      json("D", { format: "docx", pages: 2 }),
      json("N", { code: "macros", detail: "" }),
      page({ number: 1 }),
      record("T", "ab"),
      json("W", [["word", 0, 0, 2, 1]]),
      json("S", { name: "Sheet" }),
      json("R", [["a", "1"], []]),
      json("F", { code: "damaged", detail: "x" }),
      END,
    ]);
    for (const size of [1, 3, 1000]) {
      const kinds = (await readAll(bytes, size)).map(({ kind }) => kind);
      expect(kinds).toEqual(["document", "note", "page", "text", "words", "sheet", "rows", "failure", "end"]);
    }
    expect((await readAll(bytes))[2]).toEqual({
      kind: "page",
      number: 1,
      width: 4,
      height: 2,
      dpi: 100,
      pixels: Buffer.alloc(24, 200),
    });
  });

  it("uses the same memory for every page", async () => {
    const seen: ArrayBufferLike[] = [];
    const bytes = Buffer.concat([page({ number: 1 }), page({ number: 2 })]);
    for await (const each of readRecords(inPieces(bytes)))
      if (each.kind === "page") seen.push(each.pixels.buffer);
    expect(seen[0]).toBe(seen[1]);
  });

  it.each([
    ["a kind that there is not", record("X", "")],
    ["a page of 0 pixels", page({ width: 0, bytes: 24 })],
    ["a page wider than it may be", page({ width: 70_000, height: 1, bytes: 24 })],
    ["more pixels than a page may have", page({ width: 20_000, height: 20_000, bytes: 24 })],
    ["sizes whose product wraps around", page({ width: 0xffff_ffff, height: 0xffff_ffff, bytes: 24 })],
    ["fewer pixels than its size says", page({ width: 40, bytes: 24 })],
    ["more pixels than its size says", page({ bytes: 30 })],
    ["no resolution", page({ dpi: 0 })],
    ["a length far beyond what comes", page({ length: 0xffff_ffff })],
    ["a header that is cut off", record("D", "", 100)],
    ["text longer than a piece", record("T", "", 65_537)],
    ["rows over 4 MiB", record("R", "", 4 * 2 ** 20 + 1)],
    ["an end with content", record("E", "x")],
    ["no JSON", record("D", "{")],
    ["JSON in another encoding", record("D", Buffer.from([0xff, 0xfe, 0x22]))],
    ["other fields", json("D", { format: "pdf", pages: 1, path: "/etc/passwd" })],
    ["a format that is no name", json("D", { format: "../../x", pages: 1 })],
    ["pages that cannot be counted", json("D", { format: "pdf", pages: -1 })],
    ["half a page", json("D", { format: "pdf", pages: 0.5 })],
    ["a detail without end", json("N", { code: "macros", detail: "x".repeat(1_001) })],
    ["a code that is no code", json("F", { code: "__proto__", detail: "" })],
    ["cells that are no text", json("R", [[1]])],
    ["a word without a place", json("W", [["a", 1, 2]])],
    ["a word at a negative place", json("W", [["a", -1, 0, 1, 1]])],
  ])("refuses %s", async (_what, bytes) => {
    expect(await lieIn(bytes)).toContain("The converter");
  });

  it("ends in records or in a coded error, whatever comes", async () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(json("D", { format: "pdf", pages: 1 }), page(), END, record("T", "x")),
      fc
        .tuple(fc.constantFrom(...Array.from("DNPTSRWFEX")), fc.nat(300), fc.uint8Array({ maxLength: 60 }))
        .map(([letter, length, content]) => record(letter, content, length)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        try {
          await readAll(Buffer.concat(pieces));
        } catch (cause) {
          expect(isMayflyError(cause, "E_GUEST_PROTOCOL")).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
