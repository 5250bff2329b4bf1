import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCell, csvLine } from "./csv-cell.ts";

/** A reader of RFC 4180 that knows nothing of the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text.charAt(at);
    if (quoted && c === '"' && text.charAt(at + 1) === '"') {
      cell += c;
      at++;
    } else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ",") {
      rows.at(-1)?.push(cell);
      cell = "";
    } else if (!quoted && c === "\r" && text.charAt(at + 1) === "\n") {
      rows.at(-1)?.push(cell);
      rows.push([]);
      cell = "";
      at++;
    } else cell += c;
  }
  return rows.slice(0, -1);
}

const printable = fc.string({ unit: fc.constantFrom(..."ab1 ,;\"'=+-@\n\té日＝") });

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
        const runs = /^[\s"]*[=+\-@＝]/.test(cell) && !/^[-+]?[\d.,]+$|^-{1,3}$/.test(cell);
        expect(runs).toBe(false);
        if (/[;\t]/.test(cell)) expect(csvCell(text)).toMatch(/^"/);
      }),
      { numRuns: 5000 },
    );
  });
});
