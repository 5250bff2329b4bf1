import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMayflyError } from "../foundation/index.ts";
import { admitChoices, parsePages } from "./request.ts";

const usage = (work: () => unknown): string => {
  try {
    work();
  } catch (cause) {
    if (isMayflyError(cause, "E_USAGE")) return cause.message;
  }
  return expect.fail("should have been refused");
};

describe("admitChoices", () => {
  it("makes a PDF of all pages where nothing is said", () => {
    expect(admitChoices({})).toMatchObject({
      forms: ["pdf"],
      ocr: [],
      dpi: 150,
      dpiChosen: false,
      pages: undefined,
      quality: 80,
      force: false,
    });
  });

  it("draws finer and waits longer where text is to be recognised, unless the user says otherwise", () => {
    expect(admitChoices({ ocr: ["fr"] })).toMatchObject({ dpi: 200, limits: { timeMs: 3_600_000 } });
    expect(admitChoices({ ocr: ["fr"], dpi: 300, limits: { timeMs: 5_000 } })).toMatchObject({
      dpi: 300,
      limits: { timeMs: 5_000 },
    });
  });

  it("takes each form once, in an order of its own", () => {
    expect(admitChoices({ as: ["text", "pdf", "text"] }).forms).toEqual(["pdf", "text"]);
  });

  it("names what it does not know", () => {
    expect(usage(() => admitChoices({ as: "exe" as "pdf" }))).toContain('"exe"');
    expect(usage(() => admitChoices({ ocr: ["xx" as "en"] }))).toContain('"xx"');
    expect(usage(() => admitChoices({ as: [] }))).toContain("No safe form");
  });

  it.each([
    ["dpi", 35],
    ["dpi", 601],
    ["dpi", 100.5],
    ["quality", 0],
    ["quality", 101],
    ["dpi", Number.NaN],
  ])("refuses %s of %d", (name, value) => {
    expect(usage(() => admitChoices({ [name]: value }))).toContain(name);
  });

  it("refuses memory in which LibreOffice does not fit", () => {
    expect(usage(() => admitChoices({ limits: { memory: 2 ** 28 } }))).toContain(
      "256 MiB of memory are too little",
    );
  });

  it("refuses a password that no document has", () => {
    expect(usage(() => admitChoices({ password: "a\0b" }))).toContain("password");
    expect(usage(() => admitChoices({ password: "x".repeat(1_025) }))).toContain("password");
  });
});

describe("parsePages", () => {
  it("reads pages and runs of them", () => {
    expect(parsePages("1-10,12")).toEqual([
      { first: 1, last: 10 },
      { first: 12, last: 12 },
    ]);
    expect(parsePages(" 3 ")).toEqual([{ first: 3, last: 3 }]);
  });

  it.each(["", "0", "3-1", "1-", "-3", "a", "1,,2", "1-2-3", "99999999"])("refuses %o", (text) => {
    expect(usage(() => parsePages(text))).toContain("pages");
  });

  it("holds the same pages, in order and apart, however they are written", () => {
    const run = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 12 }), (runs) => {
        const wanted = new Set(
          runs.flatMap(([first, more]) => Array.from({ length: more + 1 }, (_, i) => first + i)),
        );
        const ranges = parsePages(runs.map(([first, more]) => `${first}-${first + more}`).join(","));
        const got = ranges.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => first + i),
        );
        expect(got).toEqual([...wanted].sort((a, b) => a - b));
        for (const [index, { first }] of ranges.entries())
          expect(first).toBeGreaterThan((ranges[index - 1]?.last ?? -1) + 1);
      }),
    );
  });
});
