import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "../support/leftovers.ts";
import { keepPicture, openBrowser, openTab, readScreen, seen } from "./eyes.ts";
import { Shown, program } from "./show.ts";

let browser: Browser;
let out: string;
beforeAll(async () => {
  browser = await openBrowser();
  out = mkdtempSync(join(tmpdir(), "mayfly-windows-"));
});
afterAll(async () => {
  await browser.close();
  rmSync(out, { recursive: true, force: true });
});

describe("windows in a live view", { timeout: 400_000 }, () => {
  it("the first fills the screen, menus open, and a dialog lies over it in the middle", async () => {
    await using shown = await Shown.open();
    const { view, url } = shown.form({ out }, program("pad.py"));
    const { page } = await openTab(await browser.newContext({ viewport: { width: 900, height: 700 } }), url);
    const canvas = page.locator(".screen canvas");
    await view.ready;
    await seen(page, /MENU/);
    const { width, height } = (await canvas.boundingBox()) ?? { width: 0, height: 0 };
    await canvas.click({ position: { x: 60, y: 20 } });
    await seen(page, /QUESTION/);
    await keepPicture(page, "menu");
    await canvas.click({ position: { x: 60, y: 70 } });
    await seen(page, /ANSWER/);
    await canvas.click({ position: { x: 40, y: height - 40 } }); // what is under it does not come over it
    await keepPicture(page, "dialog");
    await canvas.click({ position: { x: width / 2, y: height / 2 } });
    // Not by a key: while the dialog goes no window has the keyboard.
    await expect.poll(async () => await readScreen(page), { timeout: 60_000 }).not.toMatch(/ANSWER/);
    await view.end();
    const told = readFileSync(join(out, "done.txt"), "utf8");
    const main = placeOf("main", told);
    expect([main.left, main.width, main.top + main.height]).toEqual([0, width, height]);
    const dialog = placeOf("dialog", told);
    expect([dialog.width, dialog.height]).toEqual([320, 160]);
    expect(Math.abs(dialog.left + dialog.width / 2 - width / 2)).toBeLessThan(20);
    expect(Math.abs(dialog.top + dialog.height / 2 - height / 2)).toBeLessThan(40); // its title is above
  });

  it("a thousand of them can be ended while they open, and every other view is unharmed", async () => {
    await using shown = await Shown.open();
    const crowd = shown.form({}, program("crowd.py"));
    const crowded = await openTab(await browser.newContext(), crowd.url);
    await crowd.view.ready;
    const other = shown.form();
    const { page } = await openTab(await browser.newContext(), other.url);
    await seen(page, /SCALE 1/);
    await page.keyboard.type("Zebra 42");
    await seen(page, /Zebra 42/);
    await seen(crowded.page, /WINDOW \d\d/);
    await keepPicture(crowded.page, "crowd");
    await crowded.page.getByRole("button", { name: "End" }).click();
    await crowded.page.getByRole("button", { name: "End it" }).click();
    await crowded.page.getByText(/Its micro-VM is gone/).waitFor();
    const result = await crowd.view.ended;
    expect(result.disposal.complete).toBe(true);
    expect(leftovers([result.id])).toEqual([]);
    await page.keyboard.type(" still");
    await seen(page, /Zebra 42 still/);
  });
});

/** What the pad told of one of its windows. */
function placeOf(window: string, told: string): { left: number; top: number; width: number; height: number } {
  const [, ...sides] = new RegExp(`^${window} (\\d+) (\\d+) (\\d+) (\\d+)$`, "m").exec(told) ?? [];
  const [left = NaN, top = NaN, width = NaN, height = NaN] = sides.map(Number);
  return { left, top, width, height };
}
