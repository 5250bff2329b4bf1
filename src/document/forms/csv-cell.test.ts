import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCell, csvLine } from "./csv-cell.ts";

/** A reader of RFC 4180 that knows nothing of the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, cell = "", end] of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/g)) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end !== ",") rows.push([]);
  }
  return rows.slice(0, -1);
}

const printable = fc.string({ unit: fc.constantFrom(...Array.from("ab1 ,;\"'=+-@\n\té日＝")) });

/** One number, however it is written, or dashes: a spreadsheet has nothing to do with it. */
const COMPUTES_NOTHING = /^[-+]?\d[\d.,' \u00a0\u202f]*(?:e[-+]?\d+)?[ \u00a0]?[%€$£¥]?$|^-{1,3}$/i;

describe("csvCell", () => {
  it.each([
    "=1+1",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "  =1",
    "'=1",
    '"=1',
    "＝1",
    "\t=1",
    "+49 30 123456",
  ])("does not let a spreadsheet run %o", (text) => {
    expect(parse(`${csvCell(text)}\r\n`)).toEqual([[`'${text}`]]);
  });

  it.each([
    "-5",
    "+3.2e4",
    "-1.234,56",
    "-1,234.56",
    "-3 %",
    "-12.50 €",
    "-",
    "--",
    "2024-01-01",
    "a=b",
    "a@b.org",
    "0",
  ])("leaves %o as it is", (text) => {
    expect(parse(`${csvCell(text)}\r\n`)).toEqual([[text]]);
  });

  it("makes what a terminal would obey visible", () => {
    expect(csvCell("a\u001b[31m\u202eb")).toBe("a\\u{1b}[31m\\u{202e}b");
  });

  it("gives back every cell that is no formula, whatever reads it", () => {
    fc.assert(
      fc.property(fc.array(printable, { minLength: 1, maxLength: 6 }), (cells) => {
        const [row = []] = parse(csvLine(cells));
        for (const [index, cell] of cells.entries()) expect([cell, `'${cell}`]).toContain(row[index]);
      }),
      { numRuns: 3000 },
    );
  });

  it("never writes a cell that begins as a formula, by any separator", () => {
    fc.assert(
      fc.property(printable, (text) => {
        const [[cell = ""] = []] = parse(`${csvCell(text)}\r\n`);
        const runs = /^[\s"]*[=+\-@＝]/.test(cell) && !COMPUTES_NOTHING.test(cell);
        expect(runs).toBe(false);
        if (/[;\t]/.test(cell)) expect(csvCell(text)).toMatch(/^"/);
      }),
      { numRuns: 5000 },
    );
  });
});
