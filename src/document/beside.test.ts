import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nameBeside } from "./beside.ts";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "mayfly-beside-"));
});
afterEach(() => {
  rmSync(out, { recursive: true });
});

async function stem(name: string): Promise<string> {
  return (await nameBeside({ name }, { out, wholeName: true }, ["pdf"])).stem;
}

it("is the document's own name where nothing is in its way", async () => {
  writeFileSync(join(out, "letter.txt.safe.txt"), "");
  expect(await stem("letter.txt")).toBe("letter.txt.safe");
});

it("gets a number where it is taken, be it by a link that leads nowhere", async () => {
  writeFileSync(join(out, "letter.txt.safe.pdf"), "");
  symlinkSync("/nowhere", join(out, "letter (2).txt.safe.pdf"));
  expect(await stem("letter.txt")).toBe("letter (3).txt.safe");
});
