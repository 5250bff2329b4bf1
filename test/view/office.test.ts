import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Mayfly } from "../../src/index.ts";
import { leftovers } from "../support/leftovers.ts";
import { keepPicture, openBrowser, openTab, seen } from "./eyes.ts";

let browser: Browser;
let out: string;

beforeAll(async () => {
  browser = await openBrowser();
  out = mkdtempSync(join(tmpdir(), "mayfly-view-"));
});
afterAll(async () => {
  await browser.close();
  rmSync(out, { recursive: true, force: true });
});

/** What a spreadsheet says, as a micro-VM of its own reads it. */
async function cellsOf(mayfly: Mayfly, path: string): Promise<string> {
  const { outcome, forms } = await mayfly.open(path, { as: "csv", out: join(out, "read") });
  expect(outcome).toEqual({ kind: "converted" });
  return forms.map((form) => readFileSync(form.path, "utf8")).join();
}

describe("mayfly.view", { timeout: 600_000 }, () => {
  it("opens a spreadsheet, takes what is typed into a cell, scrolls, saves to the directory, and leaves nothing", async () => {
    await using mayfly = await Mayfly.open();
    const view = await mayfly.view("examples/budget.xlsx", { out });
    const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
    const { page } = await openTab(context, view.url ?? "");
    await view.ready;
    await seen(page, /Administration/, { enlarge: 2 });
    await keepPicture(page, "budget");
    await page.locator(".screen canvas").focus();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Control+ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.type("ZEBRA");
    await page.keyboard.press("Enter");
    await seen(page, /ZEBRA/, { enlarge: 2 });
    await page.mouse.move(500, 500);
    await page.mouse.wheel(0, 600);
    await page.keyboard.press("Control+s");
    await keepPicture(page, "budget-typed");
    await page.getByRole("button", { name: "Files" }).click();
    await page.getByRole("button", { name: "Save budget.xlsx" }).waitFor();
    // As a person does: it is saved when it is another file, and alone.
    const before = `${(statSync("examples/budget.xlsx").size / 1024).toFixed(1)} KiB`;
    const rows = page.locator(".files li");
    while ((await rows.count()) !== 1 || (await rows.first().textContent())?.includes(before) === true) {
      await page.getByRole("button", { name: "Look again" }).click();
      await page.waitForTimeout(500);
    }
    await page.getByRole("button", { name: "Close" }).first().click();
    await page.getByRole("button", { name: "End" }).click();
    await page.getByRole("button", { name: "End it" }).click();
    const result = await view.ended;
    expect(result.outputs.map(({ path }) => path)).toEqual(["budget.xlsx"]);
    expect(await cellsOf(mayfly, join(out, "budget.xlsx"))).toContain("ZEBRA");
    expect(result.disposal.complete).toBe(true);
    expect(leftovers([result.id])).toEqual([]);
    await context.close();
  });

  it("prints, and a safe copy of that comes out, though the policy lets nothing else", async () => {
    await using mayfly = await Mayfly.open();
    const printed = join(out, "printed");
    const policy = { printing: "safe", downloads: "none" } as const;
    const view = await mayfly.view("examples/supplier-invoice.docx", { out: printed, policy });
    const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
    const { page } = await openTab(context, view.url ?? "");
    await view.ready;
    await seen(page, /invoice/i, { enlarge: 2 });
    await page.locator(".screen canvas").click({ position: { x: 600, y: 500 } });
    await page.keyboard.press("Control+p");
    // Its dialog is grey, which is hard to read, and covers the page, which is white.
    await expect.poll(async () => await brightness(page), { timeout: 240_000 }).toBeLessThan(200);
    await keepPicture(page, "invoice-printing");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Files" }).click();
    const copy = page.getByRole("button", { name: "Safe copy of 1.pdf" });
    while (!(await copy.isVisible())) {
      await page.getByRole("button", { name: "Look again" }).click();
      await page.waitForTimeout(500);
    }
    const result = await view.end();
    expect(result.outcome).toEqual({ kind: "exited", code: 0 });
    const [copyName = ""] = readdirSync(printed);
    expect(result.outputs.map(({ path }) => path)).toEqual([copyName]);
    expect(copyName).toBe("supplier-invoice.docx printed 1.pdf.safe.pdf");
    const bytes = readFileSync(join(printed, copyName));
    expect(bytes.subarray(0, 5).toString()).toBe("%PDF-");
    expect(bytes.length).toBeGreaterThan(10 * 1024); // a page of words, as pixels
    expect(leftovers([result.id])).toEqual([]);
    await context.close();
  });
});

/** Of a spot in the middle of the page, 0 … 255. */
async function brightness(page: Page): Promise<number> {
  const spot = { left: 690, top: 350, width: 20, height: 20 };
  const picture = sharp(await page.locator(".screen canvas").screenshot()).extract(spot);
  return (await picture.grayscale().stats()).channels[0]?.mean ?? 255;
}
