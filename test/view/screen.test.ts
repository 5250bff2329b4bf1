import { readFileSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { leftovers } from "../support/leftovers.ts";
import { keepPicture, openBrowser, openTab, seen } from "./eyes.ts";
import { Shown } from "./show.ts";

let browser: Browser;
let shown: Shown;
let context: BrowserContext;

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});
beforeEach(async () => {
  shown = await Shown.open();
  context = await browser.newContext({ viewport: { width: 900, height: 640 } });
});
afterEach(async () => {
  await context.close();
  await shown[Symbol.asyncDispose]();
  expect(leftovers()).toEqual([]);
});

async function click(page: Page, x: number, y: number): Promise<void> {
  await page.locator(".screen canvas").click({ position: { x, y } });
}

describe("a live view", () => {
  it("shows what is inside, takes keys, fills the tab, and is there again after a reload", async () => {
    const { view, url } = shown.form();
    const { page, requests, errors } = await openTab(context, url);
    await view.ready;
    await seen(page, /SCALE 1/);
    await page.keyboard.type("Zebra 42");
    await seen(page, /Zebra 42/);
    await keepPicture(page, "form");
    const fit = await page.locator(".screen").evaluate((screen) => {
      const canvas = screen.querySelector("canvas");
      return [canvas?.width, canvas?.height, screen.clientWidth, screen.clientHeight];
    });
    expect(fit.slice(0, 2)).toEqual(fit.slice(2));
    await page.setViewportSize({ width: 640, height: 480 });
    await expect.poll(async () => await page.locator(".screen canvas").evaluate((c) => (c as HTMLCanvasElement).width)).toBe(640);
    await page.reload();
    await seen(page, /Zebra 42/);
    expect(requests.filter((each) => !each.startsWith(new URL(url).origin) && !each.startsWith("data:"))).toEqual([]);
    expect(errors).toEqual([]);
  });
});
