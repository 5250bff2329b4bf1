import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly, MayflyError, type DocumentChoices, type OpenResult } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { makeCorpus } from "./corpus.ts";

let mayfly: Mayfly;
let corpus: string;
let out: string;
beforeAll(async () => {
  mayfly = await Mayfly.open();
  corpus = await makeCorpus(mayfly);
  out = mkdtempSync(join(tmpdir(), "mayfly-bad-"));
});
afterAll(async () => {
  await mayfly.close();
  rmSync(out, { recursive: true, force: true });
});

/** What becomes of each bad document: the failure, as a person reads it. */
const REFUSED: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  "empty.pdf": ["E_DOCUMENT_EMPTY", /It is empty/],
  "blank.docx": ["E_DOCUMENT_EMPTY", /It is empty/],
  "noise.docx": ["E_DOCUMENT_KIND", /It is data, which Mayfly does not open/],
  "noise.pdf": ["E_DOCUMENT_DAMAGED", /neither MuPDF nor poppler/],
  "truncated-writer.docx": ["E_DOCUMENT_DAMAGED", /ZIP container/],
  "truncated-writer.pdf": ["E_DOCUMENT_DAMAGED", /damaged/],
  "truncated-table.xlsx": ["E_DOCUMENT_DAMAGED", /ZIP container/],
  "truncated-writer.doc": ["E_DOCUMENT_DAMAGED", /OLE container/],
  "bomb.docx": ["E_DOCUMENT_LIMIT", /unpacks to 1.1 GiB.*limit "unpacked" \(1 GiB\)/],
  "laughs.docx": ["E_DOCUMENT_LIMIT", /XML entities \(in word\/document.xml\)/],
  "laughs.svg": ["E_DOCUMENT_LIMIT", /XML entities/],
  "twenty-thousand.pdf": ["E_DOCUMENT_LIMIT", /20000 pages; the limit "pages" is 1000/],
  "huge.png": ["E_DOCUMENT_LIMIT", /limit "pixels" \(30000 x 30000\)/],
  "program.docx": ["E_DOCUMENT_KIND", /It is a Windows program, not a document/],
  "archive.zip": ["E_DOCUMENT_KIND", /ZIP archive that is no document/],
};

/** What is told of documents that are converted all the same. */
const NOTED: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  "cut-off.docx": ["repaired", /could be repaired/],
  "truncated-picture.png": ["repaired", /could be repaired/],
  "poster.pdf": ["scaled-down", /Page 1 is so large that it was drawn at 30 dots per inch/],
  "remote-template.docx": [
    "remote-template",
    /http:\/\/evil\.example\.net\/template\.dotm, which was not fetched/,
  ],
  "external-link.html": [
    "external-link",
    /http:\/\/tracker\.example\.net\/pixel\.png, which was not fetched/,
  ],
  "macros.docm": ["macros", /It has macros; they were not run/],
  "carries-program.docx": ["program", /word\/embeddings\/oleObject1\.bin/],
  "really-a.pdf": ["type-differs", /Its content is docx/],
  "polyglot.pdf": ["polyglot", /ZIP archive too/],
  "script.pdf": ["active-content", /JavaScript/],
  "moving.gif": ["animation", /2 pictures/],
};

const outcomeOf = ({ outcome }: OpenResult): string =>
  outcome.kind === "failed" ? `${outcome.code}: ${outcome.message}` : outcome.kind;

describe("bad documents", () => {
  it("are refused for a reason that names itself, are told of, and harm nobody else", async () => {
    const names = [...Object.keys(REFUSED), ...Object.keys(NOTED), "writer.docx", "plain-entities.svg"];
    const before = names.map((name) => digestOf(join(corpus, name)));
    const results = await mayfly.openMany(
      names.map((name) => join(corpus, name)),
      { out, wholeName: true },
    );
    for (const result of results) {
      const name = basename(result.source);
      const [code, message] = REFUSED[name] ?? NOTED[name] ?? [];
      if (REFUSED[name] !== undefined) {
        expect(`${name}: ${outcomeOf(result)}`).toMatch(new RegExp(`^${name}: ${code ?? ""}`));
        expect(outcomeOf(result)).toMatch(message ?? /never/);
        expect(result.outcome).toMatchObject({ next: expect.stringMatching(/\w/) as unknown });
        expect(result.exitCode).toBe(new MayflyError(code as "E_INTERNAL", "").exitCode);
        expect(result.forms).toEqual([]);
      } else {
        expect(`${name}: ${outcomeOf(result)}`).toBe(`${name}: converted`);
        if (code !== undefined)
          expect(result.warnings).toContainEqual({
            code,
            message: expect.stringMatching(message ?? /never/) as unknown,
          });
      }
      expect(result.report?.disposal).toMatchObject({ complete: true });
    }
    expect(leftovers(results.flatMap(({ report }) => report?.id ?? []))).toEqual([]);
    expect(names.map((name) => digestOf(join(corpus, name)))).toEqual(before);
    const converted = names.filter((name) => REFUSED[name] === undefined).map((name) => `${name}.safe.pdf`);
    expect(readdirSync(out).sort()).toEqual(converted.sort());
  }, 600_000);

  it("say what is not fetched, and nothing is: no connection is even asked for", async () => {
    const result = await open("remote-template.docx", { as: "text" });
    expect(result.report?.network.streams).toEqual([]);
  });
});

describe("large documents", () => {
  it("of a million rows become a million rows", async () => {
    const result = await open("million-rows.csv", { as: "csv", limits: { timeMs: 1_200_000 } });
    expect(outcomeOf(result)).toBe("converted");
    const lines = readFileSync(result.forms[0]?.path ?? "", "utf8")
      .trimEnd()
      .split("\r\n");
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([1_000_001, "n,square", "999999,999998000001"]);
  }, 1_300_000);

  it("of a million rows are refused as pages, and say which limit", async () => {
    const result = await open("million-rows.csv", { limits: { timeMs: 1_200_000 } });
    expect(outcomeOf(result)).toMatch(/E_DOCUMENT_LIMIT: It has over 1000 pages; the limit "pages" is 1000/);
  }, 1_300_000);

  it("of a million columns say what was left out", async () => {
    const result = await open("million-columns.csv", { as: "csv" });
    expect(outcomeOf(result)).toBe("converted");
    expect(result.warnings.map(({ code }) => code)).toContain("cut");
  }, 600_000);

  it("of 500 MiB meet a limit that names itself, before a machine is made for them", async () => {
    const path = await largeText(500);
    const result = await mayfly.open(path, { as: "text", out });
    expect(outcomeOf(result)).toMatch(
      /E_INPUT_TOO_LARGE: The inputs are over 410 MiB, .* 1 GiB of memory takes/,
    );
    expect(result.outcome).toMatchObject({ next: expect.stringMatching(/--memory 1280M/) as unknown });
    expect(result.report?.disposal).toMatchObject({ complete: true });
  });

  it("of 100 MiB of text become text, and are refused as pages before they are laid out", async () => {
    const path = await largeText(100);
    const [text, pages] = await Promise.all([
      mayfly.open(path, { as: "text", out }),
      mayfly.open(path, { as: "pdf", out }),
    ]);
    expect(outcomeOf(text)).toBe("converted");
    expect(digestOf(text.forms[0]?.path ?? "")).toBe(digestOf(path));
    expect(outcomeOf(pages)).toMatch(/E_DOCUMENT_LIMIT: It has over 1000 pages; the limit "pages" is 1000/);
    expect(leftovers([text, pages].flatMap(({ report }) => report?.id ?? []))).toEqual([]);
  }, 300_000);

  it("that come without end are cut off", async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(2 ** 20);
      })(),
    );
    const result = await mayfly.open(endless, { name: "endless.pdf", out });
    expect(outcomeOf(result)).toMatch(/E_INPUT_TOO_LARGE: The inputs are over 410 MiB/);
  }, 300_000);
});

describe("names and places", () => {
  it("are never replaced, and a directory that cannot be written to is told at once", async () => {
    const first = await open("letter.txt", { as: "text" });
    const second = await open("letter.txt", { as: "text" });
    expect(outcomeOf(first)).toBe("converted");
    expect(outcomeOf(second)).toMatch(/E_OUTPUT_EXISTS: .*letter\.safe\.txt exists already/);
    expect(second.report).toBeUndefined();
    const nowhere = await mayfly.open(join(corpus, "letter.txt"), { out: "/proc/none" });
    expect(outcomeOf(nowhere)).toMatch(/E_OUTPUT_WRITE/);
  });

  it("of what does not exist, or is no file, are told", async () => {
    expect(outcomeOf(await open("none.docx", {}))).toMatch(/E_INPUT_MISSING/);
    expect(outcomeOf(await mayfly.open(corpus, { out }))).toMatch(/E_INPUT_KIND/);
  });

  it("that are cancelled leave nothing", async () => {
    const stop = new AbortController();
    const result = await mayfly.open(join(corpus, "two-hundred.pdf"), {
      out,
      signal: stop.signal,
      onPage: (done) => {
        if (done === 2) stop.abort();
      },
    });
    expect(outcomeOf(result)).toMatch(/E_CANCELLED/);
    expect(existsSync(join(out, "two-hundred.safe.pdf"))).toBe(false);
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([]);
    expect(leftovers([result.report?.id ?? ""])).toEqual([]);
  });
});

/** Lines of 75 letters. */
async function largeText(mebibytes: number): Promise<string> {
  const path = join(out, `large-${mebibytes}.txt`);
  const mebibyte = Buffer.alloc(2 ** 20, `${"word ".repeat(15)}\n`);
  await pipeline(Readable.from(Array.from({ length: mebibytes }, () => mebibyte)), createWriteStream(path));
  return path;
}

async function open(name: string, choices: DocumentChoices): Promise<OpenResult> {
  return await mayfly.open(join(corpus, name), { out, ...choices });
}

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
