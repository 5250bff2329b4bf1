import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keepPicture, openBrowser, openTab, seen } from "./eyes.ts";
import { Shown } from "./show.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
});

it(
  "has a dot for each of a fine display's, and tells the program inside so",
  { timeout: 400_000 },
  async () => {
    await using shown = await Shown.open();
    const { view, url } = shown.form();
    const context = await browser.newContext({ viewport: { width: 450, height: 400 }, deviceScaleFactor: 2 });
    const { page } = await openTab(context, url);
    await view.ready;
    await seen(page, /SCALE 2/);
    const [dots, points] = await page.evaluate<[number[], number[]]>(
      "(({width, height, clientWidth, clientHeight}) => [[width, height], [clientWidth, clientHeight]])(document.querySelector('.screen canvas'))",
    );
    const room = await page.evaluate<number[]>(
      "(({width, height}) => [width, height])(document.querySelector('.screen').getBoundingClientRect())",
    );
    expect(dots).toEqual(room.map((side) => Math.floor(side * 2)));
    expect(dots[0]).toBe(900);
    expect(points).toEqual(dots.map((side) => Math.round(side / 2)));
    await keepPicture(page, "fine");
  },
);
