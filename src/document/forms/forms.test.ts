import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SafeForm } from "../../contract/index.ts";
import { isMayflyError } from "../../foundation/index.ts";
import type { PixelPage } from "./form.ts";
import { openForms, requireFree } from "./index.ts";

const NOISE = Buffer.from(
  Array.from({ length: 300 * 200 * 3 }, (_, n) => ((n * n * 2_654_435_761) >>> 13) & 255),
);
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-forms-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function open(...forms: SafeForm[]): ReturnType<typeof openForms> {
  const staging = join(directory, `.staging-${readdirSync(directory).length}`);
  mkdirSync(staging);
  const origin = { name: "in.docx", sha256: "ab12", url: "https://example.org/in.docx", at: new Date(0) };
  return await openForms(forms, {
    staging,
    directory,
    stem: "x.safe",
    force: false,
    quality: 80,
    room: 1e9,
    origin,
  });
}

/** A page of paper with one black line. */
function paper(number = 1, width = 300, height = 200): PixelPage {
  const pixels = Buffer.alloc(width * height * 3, 255);
  pixels.fill(0, width * 3 * 10, width * 3 * 12);
  return { number, width, height, dpi: 100, pixels, words: [] };
}

const written = (name: string): Buffer => readFileSync(join(directory, name));

/** Everything that a PDF says, its packed streams unpacked. */
function insides(pdf: Buffer): string {
  let text = pdf.toString("latin1");
  for (const match of text.matchAll(/stream\n/g)) {
    try {
      text += inflateSync(pdf.subarray(match.index + 7)).toString("latin1");
    } catch {
      continue; // not a packed one
    }
  }
  return text;
}

describe("a safe PDF", () => {
  it("holds the pages as pictures at their size on paper, and says where they came from", async () => {
    const forms = await open("pdf");
    await forms.page(paper(1));
    await forms.page(paper(2, 200, 300));
    expect(await forms.finish()).toEqual([
      { form: "pdf", path: join(directory, "x.safe.pdf"), bytes: written("x.safe.pdf").length },
    ]);
    const text = insides(written("x.safe.pdf"));
    expect(text).toContain("/MediaBox [0 0 216 144]");
    expect(text).toContain("/MediaBox [0 0 144 216]");
    expect(text).toContain("in.docx");
    expect(text).toContain("(ab12)");
  });

  it("has nothing in it that a reader could run or fetch", async () => {
    const forms = await open("pdf");
    await forms.page({ ...paper(), words: [{ text: "/JS (x)", left: 1, top: 1, width: 9, height: 9 }] });
    await forms.finish();
    const text = insides(written("x.safe.pdf"));
    expect(text).not.toMatch(
      /\/(JavaScript|JS|AA|OpenAction|Launch|URI|EmbeddedFiles?|Annots|RichMedia|AcroForm|XFA)\b/,
    );
  });

  it("keeps paper without loss and photographs as JPEG", async () => {
    const forms = await open("pdf");
    await forms.page(paper());
    await forms.page({ ...paper(2), pixels: NOISE });
    await forms.finish();
    const text = written("x.safe.pdf").toString("latin1");
    expect(
      text.match(/\/FlateDecode[^>]*\/DecodeParms|\/DecodeParms[^>]*\/FlateDecode|\/Predictor 15/g),
    ).not.toBeNull();
    expect(text.match(/\/DCTDecode/g)).toHaveLength(1);
  });

  it("keeps a page that is larger than PDF allows within its limits", async () => {
    const forms = await open("pdf");
    await forms.page({ ...paper(1, 3_000, 300), dpi: 8 });
    await forms.finish();
    expect(insides(written("x.safe.pdf"))).toContain("/MediaBox [0 0 14400 1440]");
  });
});

describe("safe pictures", () => {
  it("are exactly the pixels that came", async () => {
    const forms = await open("png");
    await forms.page({ ...paper(), pixels: NOISE });
    await forms.finish();
    const { data, info } = await sharp(written("x.safe.png")).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 300, height: 200, channels: 3 });
    expect(data.equals(NOISE)).toBe(true);
  });

  it("are numbered as the pages are", async () => {
    const forms = await open("png");
    for (const number of [2, 7, 1_200]) await forms.page(paper(number));
    const names = (await forms.finish()).map(({ path }) => path.slice(directory.length + 1));
    expect(names).toEqual(["x.safe-0002.png", "x.safe-0007.png", "x.safe-1200.png"]);
  });
});

describe("safe text", () => {
  it("keeps lines and tabs, and nothing that is obeyed, wherever its pieces end", async () => {
    const forms = await open("text");
    for (const piece of ["a\tb\r", "\nc\u001b", "[31m\u202ed\u200b\ufefff\r", "end\f", "next\r"])
      await forms.text(piece);
    await forms.finish();
    expect(written("x.safe.txt").toString()).toBe("a\tb\nc\\u{1b}[31m\\u{202e}df\nend\n\nnext\n");
  });
});

describe("safe values", () => {
  it("are a file a sheet, each with a name of its own", async () => {
    const forms = await open("csv");
    for (const name of ["Q1/Q2", "q1_q2", "", "\u001b]0;x\u0007", "日".repeat(80)]) {
      await forms.sheet(name);
      await forms.row([name.length.toString()]);
    }
    const names = (await forms.finish()).map(({ path }) => path.slice(directory.length + 1));
    expect(names).toEqual([
      "x.safe-Q1_Q2.csv",
      "x.safe-q1_q2-2.csv",
      "x.safe-sheet.csv",
      "x.safe-_u{1b}]0;x_u{7}.csv",
      `x.safe-${"日".repeat(20)}.csv`,
    ]);
  });

  it("are one file where there is one sheet", async () => {
    const forms = await open("csv");
    await forms.sheet("A");
    await forms.row(["x", "=1"]);
    await forms.finish();
    expect(written("x.safe.csv").toString()).toBe("x,'=1\r\n");
  });
});

describe("places", () => {
  it("are never taken from what is there: all files appear, or none", async () => {
    writeFileSync(join(directory, "x.safe.txt"), "mine");
    const forms = await open("pdf", "text");
    await forms.page(paper());
    await forms.text("theirs");
    await expect(forms.finish()).rejects.toSatisfy((cause) => isMayflyError(cause, "E_OUTPUT_EXISTS"));
    expect(written("x.safe.txt").toString()).toBe("mine");
    expect(readdirSync(directory)).not.toContain("x.safe.pdf");
  });

  it("are looked at before anything is made", async () => {
    const target = { directory, stem: "x.safe", force: false };
    await requireFree(["pdf", "png", "text", "csv"], target);
    writeFileSync(join(directory, "x.safe-001.png"), "");
    await requireFree(["pdf"], target);
    await expect(requireFree(["png"], target)).rejects.toThrow(/x\.safe-001\.png exists already/);
    await requireFree(["png"], { ...target, force: true });
  });
});
