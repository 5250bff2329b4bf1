import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, type DocumentChoices, type OpenResult } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { makeCorpus } from "./corpus.ts";

const SEE = fileURLToPath(new URL("see.sh", import.meta.url));
/** Documents in which both phrases are written. */
const WITH_TEXT =
  "writer.docx writer.odt writer.doc writer.rtf writer.html writer.epub writer.pdf letter.txt notes.md mail.eml " +
  "table.csv table.tsv table.xlsx table.ods table.xls slides.pptx slides.odp slides.ppt sketch.odg drawing.svg";
const PICTURES = "picture.png picture.jpg picture.gif picture.webp picture.bmp picture.tiff";
const SCRIPTS = "greek cyrillic arabic hebrew japanese korean chinese emoji none";

let mayfly: Mayfly;
let corpus: string;
let out: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  corpus = await makeCorpus(mayfly);
  out = mkdtempSync(join(tmpdir(), "mayfly-formats-"));
});
afterAll(async () => {
  await mayfly.close();
  rmSync(out, { recursive: true, force: true });
});

const paths = (names: string): string[] => names.split(" ").map((name) => join(corpus, name));
const formatOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

function checkGone(results: readonly OpenResult[]): void {
  for (const { report } of results) expect(report?.disposal).toMatchObject({ complete: true });
  expect(leftovers(results.flatMap(({ report }) => report?.id ?? []))).toEqual([]);
}

/** Reads the first pages in a micro-VM of their own. @returns what is written on each, by file name */
async function readPages(files: readonly string[]): Promise<Map<string, string>> {
  const { stdout, outcome } = await mayfly.run({
    profile: "office",
    command: ["sh", "/in/see.sh"],
    inputs: [SEE, ...files],
  });
  expect(outcome).toEqual({ kind: "exited", code: 0 });
  return new Map(
    stdout
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.split(": ", 2) as [string, string]),
  );
}

/** How many lines of a page have something on them. */
async function linesOfInk(path: string): Promise<number> {
  const { data, info } = await sharp(path).greyscale().raw().toBuffer({ resolveWithObject: true });
  const inked = Array.from({ length: info.height }, (_, row) =>
    data.subarray(row * info.width, (row + 1) * info.width).some((value) => value < 128),
  );
  return inked.filter((ink, row) => ink && !inked.slice(Math.max(0, row - 10), row).includes(true)).length;
}

describe("every format", () => {
  it("becomes pages on which its words can be read, and text that has them", async () => {
    const sources = paths(`${WITH_TEXT} ${PICTURES}`);
    const results = await mayfly.openMany(sources, { as: ["pdf", "text"], out });
    expect(results.map(({ source, outcome }) => [basename(source), outcome])).toEqual(
      sources.map((source) => [basename(source), { kind: "converted" }]),
    );
    expect(results.map(({ format }) => format)).toEqual(sources.map(formatOf));
    checkGone(results);
    for (const { source, forms, pages } of results) {
      const text = readFileSync(forms.find(({ form }) => form === "text")?.path ?? "", "utf8");
      if (paths(WITH_TEXT).includes(source)) {
        expect(text).toMatch(/Mayflower harbour/);
        expect(text).toMatch(/second\s+line.*4711/s);
      } else expect(text.trim()).toBe("");
      expect(pages).toBe(source.endsWith(".tiff") ? 2 : 1);
    }
    const pdfs = results.flatMap(({ forms }) =>
      forms.filter(({ form }) => form === "pdf").map(({ path }) => path),
    );
    const half = Math.ceil(pdfs.length / 2);
    const read = await Promise.all([readPages(pdfs.slice(0, half)), readPages(pdfs.slice(half))]);
    const seen = new Map(read.flatMap((each) => [...each]));
    expect([...seen.keys()].sort()).toEqual(pdfs.map((path) => basename(path)).sort());
    for (const [name, words] of seen) {
      expect(`${name}: ${words}`).toMatch(/Mayflower harbour/);
      expect(`${name}: ${words}`).toMatch(/4711/);
    }
  }, 600_000);

  it("is exactly the pixels that a picture has", async () => {
    const [png, webp] = await mayfly.openMany(paths("picture.png picture.webp"), { as: "png", out });
    for (const result of [png, webp]) {
      const safe = await sharp(result?.forms[0]?.path).toColourspace("srgb").removeAlpha().raw().toBuffer();
      const own = await sharp(result?.source).toColourspace("srgb").removeAlpha().raw().toBuffer();
      expect(safe.equals(own)).toBe(true);
    }
  });

  it("has letters of every script", async () => {
    const sources = SCRIPTS.split(" ").map((name) => join(corpus, `glyphs-${name}.html`));
    const results = await mayfly.openMany(sources, { as: "png", dpi: 72, out });
    const pages = results.map(({ forms }) => forms[0]?.path ?? "");
    expect(await Promise.all(pages.map(linesOfInk))).toEqual(sources.map(() => 3));
    // What no font has is drawn as boxes: whatever looked like those would be missing too.
    expect(new Set(pages.map((path) => readFileSync(path, "base64"))).size).toBe(sources.length);
  }, 300_000);

  it("that Debian's packages ship opens too", async () => {
    const results = await mayfly.openMany(paths("icon.svg licence.txt"), { as: ["pdf", "text"], out });
    expect(results.map(({ outcome }) => outcome.kind)).toEqual(["converted", "converted"]);
    expect(results[1]?.pages).toBeGreaterThan(8);
    const own = readFileSync(join(corpus, "licence.txt"), "utf8").split(/\s+/);
    const safe = readFileSync(
      results[1]?.forms.find(({ form }) => form === "text")?.path ?? "",
      "utf8",
    ).split(/\s+/);
    expect(safe.filter(Boolean)).toEqual(own.filter(Boolean));
  });
});

describe("sheets", () => {
  it("become values, computed and harmless", async () => {
    const results = await mayfly.openMany(paths("table.xlsx table.ods table.xls table.csv table.tsv"), {
      as: "csv",
      out,
    });
    for (const { forms } of results) {
      expect(readFileSync(forms[0]?.path ?? "", "utf8")).toBe(
        "Item,Count,Price\r\nMayflower harbour,3,9\r\nsecond line,4711,\r\n",
      );
    }
  });
});

describe("recognised text", () => {
  it("comes from the pixels alone, in a micro-VM that never had the document", async () => {
    const result = await mayfly.open(join(corpus, "picture.jpg"), {
      as: ["pdf", "text"],
      ocr: ["en", "fr"],
      force: true,
      out,
    });
    expect(result.outcome).toEqual({ kind: "converted" });
    const text = readFileSync(result.forms.find(({ form }) => form === "text")?.path ?? "", "utf8");
    expect(text).toMatch(/Mayflower harbour\s+second line 4711/);
    expect(result.ocrReport?.inputs).toEqual([]);
    expect(result.ocrReport?.id).not.toBe(result.report?.id);
    expect(result.ocrReport?.disposal.complete).toBe(true);
    const pdf = result.forms.find(({ form }) => form === "pdf")?.path ?? "";
    const found = await mayfly.run({
      profile: "office",
      command: ["pdftotext", `/in/${basename(pdf)}`, "-"],
      inputs: [pdf],
    });
    expect(found.stdout.toString()).toMatch(/Mayflower harbour\s+second line 4711/);
  }, 300_000);
});

describe("choices", () => {
  it("take the pages that are named, at the size that is asked for", async () => {
    const result = await mayfly.open(join(corpus, "two-hundred.pdf"), {
      as: ["png", "text"],
      pages: "2,199-300",
      dpi: 36,
      out,
    });
    expect(result.outcome).toEqual({ kind: "converted" });
    expect(result.forms.map(({ path }) => basename(path))).toEqual([
      "two-hundred.safe-002.png",
      "two-hundred.safe-199.png",
      "two-hundred.safe-200.png",
      "two-hundred.safe.txt",
    ]);
    const { width, height } = await sharp(result.forms[0]?.path).metadata();
    expect([width, height]).toEqual([298, 421]);
    const text = readFileSync(result.forms[3]?.path ?? "", "utf8");
    expect(text.match(/Page \d+/g)).toEqual(["Page 2", "Page 199", "Page 200"]);
  });

  it.each(["protected.docx", "protected.odt", "protected.pdf"])(
    "open %s with its password only",
    async (name) => {
      const source = join(corpus, name);
      const right = { as: "text", out, wholeName: true, password: "open sesame" } as const;
      const [none, opened] = await withAndWithout(source, right);
      expect(none.outcome).toMatchObject({
        code: "E_DOCUMENT_PASSWORD",
        message: "It is protected by a password",
      });
      expect(opened.outcome).toEqual({ kind: "converted" });
      expect(readFileSync(opened.forms[0]?.path ?? "", "utf8")).toMatch(/Mayflower harbour/);
    },
    600_000,
  );

  // Not ODF too: its key derivation takes a minute under emulation, and once is enough.
  it.each(["protected.docx", "protected.pdf"])("do not open %s with another password", async (name) => {
    const wrong = await mayfly.open(join(corpus, name), { as: "text", out, password: "guess" });
    expect(wrong.outcome).toMatchObject({
      code: "E_DOCUMENT_PASSWORD",
      message: "The password does not open it",
    });
  });
});

async function withAndWithout(source: string, right: DocumentChoices): Promise<[OpenResult, OpenResult]> {
  return await Promise.all([mayfly.open(source, { as: "text", out }), mayfly.open(source, right)]);
}
