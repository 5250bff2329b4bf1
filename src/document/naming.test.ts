import { basename, dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neutralise } from "../foundation/index.ts";
import { nameDocument, needWholeNames } from "./naming.ts";

describe("nameDocument", () => {
  it("puts safe copies beside the document, under its stem", () => {
    expect(nameDocument({ path: "/a/Invoice 4.docx" }, {})).toEqual({
      shown: "Invoice 4.docx",
      inside: "document.docx",
      stem: "Invoice 4.safe",
      path: "/a/Invoice 4.docx",
      directory: "/a",
    });
  });

  it("puts them where the user says", () => {
    expect(nameDocument({ path: "/a/x.pdf" }, { out: "/b" }).directory).toBe("/b");
  });

  it("knows a stream by its name only", () => {
    const names = nameDocument({ name: "../../etc/x.pdf" }, { out: "/b" });
    expect(names).toMatchObject({ path: "", stem: "x.safe", inside: "document.pdf", directory: "/b" });
  });

  it("tells the guest nothing but a plain extension", () => {
    expect(nameDocument({ path: "/a/x.p\u202edf" }, {}).inside).toBe("document");
    expect(nameDocument({ path: "/a/.docx" }, {}).inside).toBe("document");
    expect(nameDocument({ path: "/a/x.PDF" }, {}).inside).toBe("document.pdf");
  });

  it("makes a name that fits into its directory and that any terminal may show", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 255 }), (name) => {
        const { stem, directory } = nameDocument(
          { path: `/home/u/${name.replaceAll("\0", "")}x` },
          { out: "/o" },
        );
        expect(stem).not.toMatch(/[/\n\\]/);
        expect(neutralise(stem)).toBe(stem);
        expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(200);
        expect(dirname(`/o/${stem}.pdf`)).toBe(directory);
        expect(basename(`/o/${stem}.pdf`)).toBe(`${stem}.pdf`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("needWholeNames", () => {
  it("tells documents whose safe copies would have one name", () => {
    const paths = ["/a/x.pdf", "/a/X.docx", "/a/y.pdf", "/b/x.pdf"];
    expect(needWholeNames(paths, undefined)).toEqual([true, true, false, false]);
    expect(needWholeNames(paths, "/o")).toEqual([true, true, false, true]);
  });

  it("gives them whole names", () => {
    expect(nameDocument({ path: "/a/x.pdf" }, { wholeName: true }).stem).toBe("x.pdf.safe");
  });
});
