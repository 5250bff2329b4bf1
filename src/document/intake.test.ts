import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { END, inPieces, json, page, record } from "../../test/support/converter-records.ts";
import type { DocumentChoices } from "../contract/index.ts";
import { asMayflyError } from "../foundation/index.ts";
import { openForms } from "./forms/index.ts";
import { Intake } from "./intake.ts";
import { admitChoices } from "./request.ts";

const TOLD = json("D", { format: "docx", pages: 1 });
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mayfly-intake-"));
  mkdirSync(join(directory, ".staging"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function intakeFor(asked: DocumentChoices): Intake {
  const choices = admitChoices(asked);
  return new Intake({
    choices,
    recognise: undefined,
    onPage: () => undefined,
    onWriting: () => undefined,
    openForms: async () =>
      await openForms(choices.forms, {
        staging: join(directory, ".staging"),
        directory,
        stem: "x.safe",
        force: false,
        quality: 80,
        room: choices.room,
        origin: { name: "x.docx", sha256: "", url: "", at: new Date(0) },
      }),
  });
}

/** What became of it: the error's code, or the names of what was written. */
async function taken(choices: DocumentChoices, ...records: Buffer[]): Promise<string> {
  const intake = intakeFor(choices);
  try {
    await intake.take(inPieces(Buffer.concat(records)));
    if (intake.files === undefined) return "no end";
    return readdirSync(directory)
      .filter((name) => name !== ".staging")
      .join(" ");
  } catch (cause) {
    expect(readdirSync(directory)).toEqual([".staging"]);
    return asMayflyError(cause).code;
  } finally {
    await intake.abandon();
  }
}

describe("Intake", () => {
  it("makes every form that was asked for", async () => {
    const all = { as: ["pdf", "png", "text", "csv"] } as const;
    const records = [TOLD, json("S", { name: "A" }), json("R", [["1"]]), record("T", "words"), page(), END];
    expect(await taken(all, ...records)).toBe("x.safe.csv x.safe.pdf x.safe.png x.safe.txt");
  });

  it("keeps nothing where the end is missing", async () => {
    expect(await taken({}, TOLD, page())).toBe("no end");
    expect(readdirSync(directory)).toEqual([".staging"]);
  });

  it("decodes characters that are cut between records", async () => {
    const bytes = Buffer.from("aé😀");
    await taken({ as: "text" }, TOLD, record("T", bytes.subarray(0, 4)), record("T", bytes.subarray(4)), END);
    expect(readFileSync(join(directory, "x.safe.txt"), "utf8")).toBe("aé😀");
  });

  it.each<[string, DocumentChoices, Buffer[]]>([
    ["a page before it says what the document is", {}, [page(), END]],
    ["an end before it says so", {}, [END]],
    ["the document twice", {}, [TOLD, TOLD]],
    ["fewer pages than it spoke of", {}, [json("D", { format: "pdf", pages: 2 }), page(), END]],
    ["more pages than it spoke of", {}, [TOLD, page(), page({ number: 2 }), END]],
    ["a page twice", {}, [json("D", { format: "pdf", pages: 2 }), page(), page(), END]],
    ["pages that were not asked for", { pages: "2-3" }, [TOLD, page({ number: 1 }), END]],
    ["more pages than are allowed", {}, [json("D", { format: "pdf", pages: 1_001 })]],
    ["page 0", {}, [TOLD, page({ number: 0 }), END]],
    ["pixels for a text", { as: "text" }, [TOLD, page(), END]],
    ["words that nobody asked for", {}, [TOLD, json("W", []), END]],
    [
      "rows without a sheet",
      { as: "csv" },
      [json("D", { format: "xlsx", pages: null }), json("R", [["a"]]), END],
    ],
    ["a note that nobody knows", {}, [json("N", { code: "surprise", detail: "" })]],
    ["notes without end", {}, Array.from({ length: 201 }, () => json("N", { code: "macros", detail: "" }))],
    ["a failure that nobody knows", {}, [json("F", { code: "surprise", detail: "" })]],
    ["something after the end", {}, [TOLD, page(), END, record("T", "x")]],
  ])("refuses %s", async (_what, choices, records) => {
    expect(await taken(choices, ...records)).toBe("E_GUEST_PROTOCOL");
  });

  it("gives up where no page can be drawn, and says why", async () => {
    expect(await taken({}, TOLD, json("N", { code: "damaged-page", detail: "1" }), END)).toBe(
      "E_DOCUMENT_DAMAGED",
    );
  });

  it.each([
    [100_000, "E_DOCUMENT_LIMIT"],
    [1_000_000, "x.safe.csv"],
  ])("writes at most %d bytes for the user where that is the limit", async (outBytes, expected) => {
    const rows = json(
      "R",
      Array.from({ length: 2_000 }, (_, n) => [`cell ${n}`, "x".repeat(200)]),
    );
    const table = [json("D", { format: "csv", pages: null }), json("S", { name: "A" }), rows, END];
    expect(await taken({ as: "csv", limits: { outBytes } }, ...table)).toBe(expected);
  });

  it.each([
    ["empty", "E_DOCUMENT_EMPTY"],
    ["damaged", "E_DOCUMENT_DAMAGED"],
    ["unsupported", "E_DOCUMENT_KIND"],
    ["password-needed", "E_DOCUMENT_PASSWORD"],
    ["unpacked-size", "E_DOCUMENT_LIMIT"],
    ["crashed", "E_CONVERTER"],
  ])("tells the failure %s as %s", async (code, expected) => {
    expect(await taken({}, json("F", { code, detail: "\u001b[31m1" }))).toBe(expected);
  });
});
