import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Arrivals, isArrival } from "./arrivals.ts";

const signal = new AbortController().signal;
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-arrivals-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe("isArrival", () => {
  it.each(["a.pdf", "A.DOCX", "x.y.csv", "invoice.safely.pdf"])("takes %s", (name) => {
    expect(isArrival(name)).toBe(true);
  });

  it.each([
    "a.safe.pdf",
    "a.safe-001.png",
    "a.docx.safe.pdf",
    ".a.pdf",
    "~$a.docx",
    "a.pdf.part",
    "a.crdownload",
    "a",
    "a.exe",
  ])("leaves %s", (name) => {
    expect(isArrival(name)).toBe(false);
  });
});

describe("Arrivals", () => {
  const names = async (arrivals: Arrivals): Promise<string[]> =>
    (await arrivals.next(signal)).map((path) => basename(path));

  it("tells each document once, when it has stopped growing, and again when it is replaced", async () => {
    writeFileSync(join(directory, "old.pdf"), "there before");
    mkdirSync(join(directory, "folder.pdf"));
    const arrivals = await Arrivals.begin(directory);
    writeFileSync(join(directory, "new.pdf"), "a");
    writeFileSync(join(directory, "empty.pdf"), "");
    expect(await names(arrivals)).toEqual([]);
    appendFileSync(join(directory, "new.pdf"), "b");
    expect(await names(arrivals)).toEqual([]);
    expect(await names(arrivals)).toEqual(["new.pdf"]);
    writeFileSync(join(directory, ".part"), "other");
    renameSync(join(directory, ".part"), join(directory, "new.pdf"));
    expect(await names(arrivals)).toEqual([]);
    expect(await names(arrivals)).toEqual(["new.pdf"]);
    rmSync(join(directory, "new.pdf"));
    expect(await names(arrivals)).toEqual([]);
  }, 30_000);

  it("says that a directory is not there", async () => {
    await expect(Arrivals.begin(join(directory, "none"))).rejects.toThrow(/cannot be watched/);
  });
});
