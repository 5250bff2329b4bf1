import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { COMMAND, CliProcess, endStarted } from "../e2e/cli-process.ts";
import { openBrowser, openTab } from "./eyes.ts";

let browser: Browser;
let here: string;
beforeAll(async () => {
  browser = await openBrowser();
  here = mkdtempSync(join(tmpdir(), "mayfly-options-"));
});
afterEach(async () => {
  await endStarted();
});
afterAll(async () => {
  await browser.close();
  rmSync(here, { recursive: true, force: true });
});

/** Starts a view by the command line, embedded, and opens its address. */
async function shown(...words: string[]): Promise<{ run: CliProcess; page: Page }> {
  const run = new CliProcess([...COMMAND, ...words, "--no-open", "--json"], { input: "" });
  const [line] = await run.printed(/^\{.*\}\n/);
  const { url } = JSON.parse(line) as { url: string };
  const { page } = await openTab(await browser.newContext(), url);
  await page.getByRole("button", { name: "End" }).waitFor();
  return { run, page };
}

/** What the page's bar offers. */
async function offers(page: Page): Promise<string[]> {
  return await page.locator("header button").allTextContents();
}

describe("the command line's live views", { timeout: 400_000 }, () => {
  it("view offers what --clipboard and --out let pass, to a directory that is made", async () => {
    const out = join(here, "not", "there", "yet");
    const { run, page } = await shown("view", "examples/budget.xlsx", "--out", out, "--clipboard", "both");
    expect(await offers(page)).toEqual(["Paste in", "Copy out", "Files", "End"]);
    expect(existsSync(out)).toBe(true);
    await page.getByRole("button", { name: "Files" }).click();
    await page.getByText(`What you save goes to ${out}, marked as untrusted.`).waitFor();
    run.child.kill("SIGINT");
    expect((await run.ended()).status).toBe(0);
  });

  it("browse offers what --clipboard lets pass, with --per-site too", async () => {
    const words = ["--per-site", "--clipboard", "from-guest"];
    // An address for documentation, so that no name server is asked.
    const { run, page } = await shown("browse", "http://192.0.2.1/", ...words);
    expect(await offers(page)).toEqual(["Copy out", "End"]);
    run.child.kill("SIGINT");
    expect((await run.ended()).status).toBe(0);
  });

  it("refuses a directory that cannot be made, before anything is shown", async () => {
    writeFileSync(join(here, "file"), "");
    const words = ["view", "examples/budget.xlsx", "--no-open", "--out", join(here, "file", "below")];
    const { status, stdout, stderr } = await new CliProcess([...COMMAND, ...words], { input: "" }).ended();
    expect([status, stdout.toString()]).toEqual([73, ""]);
    expect(stderr).toContain(join(here, "file", "below"));
  });
});
