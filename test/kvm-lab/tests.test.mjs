import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const RUNNER = resolve("test/kvm-lab/outer/tests.mjs");
const HEAD = `import { afterAll, beforeAll, describe, expect, it } from ${JSON.stringify(resolve("test/kvm-lab/outer/vitest.mjs"))};\n`;

let folder;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mayfly-runner-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs files with these texts. @returns {{ status: number | null, lines: string[] }} */
function runnerOn(...texts) {
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.mjs`);
    writeFileSync(file, HEAD + text);
    return file;
  });
  const { status, stdout } = spawnSync(process.execPath, [RUNNER, ...files], { encoding: "utf8" });
  return { status, lines: stdout.trim().split("\n") };
}

it("counts what passed, failed and was skipped, in all files", () => {
  const { status, lines } = runnerOn(
    `it.each([1, 2])("is %i", (n) => expect({ n, more: [] }).toMatchObject({ n: expect.any(Number) }));
     it("is skipped", ({ skip }) => skip("why not"));`,
    `describe("a group", () => { it("fails", async () => expect(await Promise.resolve(1), "said").toBe(2)); });`,
  );
  expect(lines.at(-1)).toBe("Tests: 2 passed, 1 failed, 1 skipped");
  expect(status).toBe(1);
  expect(lines.join("\n")).toMatch(/× .*a group > fails/);
  expect(lines.join("\n")).toMatch(/↓ .*is skipped.*why not/);
});

it.each([
  ["a file that cannot be loaded", `it("passes", () => {}); throw new Error("no file");`],
  ["a hook before", `beforeAll(() => { throw new Error("no file"); }); it("passes", () => {});`],
  ["a hook after", `afterAll(() => { throw new Error("no file"); }); it("passes", () => {});`],
  [
    "a group's hook",
    `describe("g", () => { afterAll(() => { throw new Error("no file"); }); it("passes", () => {}); });`,
  ],
  ["a file without tests", ``],
])("takes %s for a failure beside tests that pass", (_what, text) => {
  const { status, lines } = runnerOn(`it("passes", () => {});`, text);
  expect(lines.at(-1)).toMatch(/^Tests: \d passed, 1 failed, \d skipped$/);
  expect(status).toBe(1);
});

it("is content where all pass", () => {
  const { status, lines } = runnerOn(`it("passes", () => {});`);
  expect([status, lines.at(-1)]).toEqual([0, "Tests: 1 passed, 0 failed, 0 skipped"]);
});
